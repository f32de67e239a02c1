#include "analytics/open_alarm.hpp"

#include <algorithm>

#include <boost/json/serialize.hpp>

namespace throng::analytics {

open_alarm::open_alarm(document& raised)
    : offset_(raised.offset)
    , last_{raised.body.at("time").get_int64()} {
  raised.body["end"] = nullptr;
  // Not as people write it: 61.0 stays what it is.
  body_ = owned_value{value::object(boost::json::serialize(raised.body))};
}

open_alarm::open_alarm(byte_reader& in) {
  body_ = load_value(in);
  if (body_.view().kind() != value_kind::object)
    throw corrupt_state{"an alert that is no document"};
  const auto body = to_json(body_.view());
  if (const auto* id = body.get_object().if_contains("id"); id == nullptr || !id->is_string())
    throw corrupt_state{"an alert without its id"};
  offset_ = in.i64();
  last_ = {in.i64()};
  ordinary_ = static_cast<std::uint32_t>(in.varint());
  has_peak_ = in.u8() != 0;
  if (!has_peak_)
    return;
  peak_time_ = {in.i64()};
  peak_ = load_value(in);
  height_ = in.real();
}

void open_alarm::save(byte_writer& out) const {
  save_value(out, body_.view());
  out.i64(offset_);
  out.i64(last_.ms);
  out.varint(ordinary_);
  out.u8(has_peak_ ? 1 : 0);
  if (!has_peak_)
    return;
  out.i64(peak_time_.ms);
  save_value(out, peak_.view());
  out.real(height_);
}

void open_alarm::goes_on(timestamp t) {
  last_ = std::max(last_, t);
  ordinary_ = 0;
}

void open_alarm::goes_on(timestamp t, const value& x, double height) {
  goes_on(t);
  if (has_peak_ && !(height > height_))
    return;
  has_peak_ = true;
  peak_time_ = t;
  peak_.assign(x);
  height_ = height;
}

bool open_alarm::is_over(std::uint32_t in_a_row) {
  return ++ordinary_ >= in_a_row;
}

document open_alarm::as_raised() const {
  document made;
  made.into = collection::alerts;
  made.body = to_json(body_.view()).get_object();
  const auto& id = made.body.at("id").get_string();
  made.id.assign(id.data(), id.size());
  made.offset = offset_;
  made.told = true;
  return made;
}

document open_alarm::ended(std::int64_t offset) const {
  auto made = as_raised();
  made.offset = offset;
  made.body["end"] = last_.ms;
  if (has_peak_) {
    made.body["peak"] = to_json(peak_.view());
    made.body["peak_time"] = peak_time_.ms;
  }
  return made;
}

} // namespace throng::analytics
