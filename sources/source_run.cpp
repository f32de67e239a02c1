#include "sources/source_run.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace throng::sources {

source_run::source_run(const source& of, row_mapper& rows, position_book& book, row_sink& sink, source_counts& counts,
                       run_hands hands, std::uint64_t seed)
    : of_(&of)
    , rows_(&rows)
    , book_(&book)
    , sink_(&sink)
    , counts_(&counts)
    , hands_(std::move(hands))
    , waits_(of.how.retry, seed) {}

expected<void> source_run::open() {
  auto claimed = book_->claim();
  if (!claimed)
    return tl::unexpected{claimed.error()};
  if (*claimed) {
    now_ = std::move(**claimed);
    auto landed = sink_->landed(of_->id, now_.ends);
    if (!landed)
      return tl::unexpected{landed.error()};
    landed_ = std::move(*landed);
  } else {
    auto ends = sink_->ends();
    if (!ends)
      return tl::unexpected{ends.error()};
    now_.ends = std::move(*ends);
    // Before the first row goes out: whoever goes on must know where it can be.
    if (auto saved = book_->save(now_); !saved)
      return saved;
  }
  open_ = true;
  return {};
}

expected<std::optional<std::pair<http_reply, reply_rows>>> source_run::fetch() {
  auto request = request_of(of_->how, now_.at);
  if (!request)
    return tl::unexpected{request.error()};
  waits_.settled();
  for (;;) {
    if (hands_.stopping())
      return std::nullopt;
    auto answer = hands_.fetch(*request);
    if (hands_.stopping())
      return std::nullopt;
    auto trouble = trouble_of(answer);
    std::optional<milliseconds> asked_for;
    if (auto* reply = std::get_if<http_reply>(&answer)) {
      asked_for = reply->retry_after;
      if (!trouble) {
        auto page = read_reply(*reply, of_->how);
        if (page)
          return std::pair{std::move(*reply), std::move(*page)};
        trouble = std::move(page.error());
      }
    }
    auto wait = waits_.after(*trouble, asked_for);
    if (!wait)
      return tl::unexpected{wait.error()};
    ++counts_->retries;
    hands_.note(fmt::format("{}; again in {}", trouble->message, format_duration(*wait)));
    if (!hands_.pause(*wait))
      return std::nullopt;
  }
}

source_run::sorted_page source_run::sort(const reply_rows& page, timestamp received) {
  std::set<std::string> known{now_.last.begin(), now_.last.end()};
  known.insert(now_.earlier.begin(), now_.earlier.end());
  known.insert(landed_.begin(), landed_.end());
  std::map<std::string, int> seen;
  sorted_page made;
  for (const auto& text : page.rows) {
    auto row = rows_->map(text, received);
    auto& id = std::holds_alternative<mapped_row>(row) ? std::get<mapped_row>(row).id : std::get<left_out_row>(row).id;
    // Rows without an id of their own may be equal and yet be two.
    if (const auto n = ++seen[id]; n > 1 && id.starts_with('#'))
      id += fmt::format("#{}", n);
    made.ids.push_back(id);
    if (const auto* left_out = std::get_if<left_out_row>(&row)) {
      ++(left_out->why.empty() ? counts_->dropped : counts_->refused);
      if (const auto reason = left_out->why.substr(0, left_out->why.find(':'));
          !reason.empty() && told_.insert(reason).second)
        hands_.note(fmt::format("row {} is no message: {} (said once)", id, left_out->why));
      continue;
    }
    if (!known.insert(id).second)
      ++counts_->known;
    else
      made.fresh.push_back(std::move(std::get<mapped_row>(row)));
  }
  return made;
}

void source_run::remember(sorted_page&& page, page_step step, const partition_ends& ends, bool round_ends) {
  for (const auto& [partition, end] : ends)
    now_.ends[partition] = std::max(now_.ends[partition], end);
  const bool from_first = of_->how.again_from_first && of_->how.every;
  // An empty page says nothing of the rows before it: a server that has nothing for a moment makes no row new.
  if (!page.ids.empty()) {
    if (from_first && now_.moved)
      now_.earlier.insert(now_.earlier.end(), now_.last.begin(), now_.last.end());
    now_.moved = step.next != now_.at;
    now_.last = std::move(page.ids);
    now_.at = std::move(step.next);
  }
  if (from_first && round_ends) {
    now_.earlier.insert(now_.earlier.end(), now_.last.begin(), now_.last.end());
    now_.last.clear();
    now_.at.clear();
    now_.moved = false;
  }
  if (const auto most = static_cast<std::size_t>(of_->how.remember); now_.earlier.size() > most)
    now_.earlier.erase(now_.earlier.begin(), now_.earlier.end() - static_cast<std::ptrdiff_t>(most));
  ++now_.pages;
  now_.rows += page.fresh.size();
}

expected<walk_end> source_run::round() {
  if (!open_)
    if (auto opened = open(); !opened)
      return tl::unexpected{opened.error()};
  for (std::int64_t pages = 1;; ++pages) {
    auto got = fetch();
    if (!got)
      return tl::unexpected{got.error()};
    if (!*got)
      return walk_end::stopped;
    const auto& [reply, content] = **got;
    auto step = step_from(of_->how, now_.at, content.rows.size(), content.next);
    auto page = sort(content, reply.received);
    if (now_.moved && !page.ids.empty() && page.ids == now_.last)
      step = {now_.at, walk_end::repeated_page};
    partition_ends ends;
    if (!page.fresh.empty()) {
      auto sent = sink_->send(of_->id, page.fresh);
      if (!sent) {
        open_ = false; // what has arrived of it is in the topic, and is found there
        return tl::unexpected{sent.error()};
      }
      ends = std::move(*sent);
    }
    const auto fresh = page.fresh.size();
    if (step.end == walk_end::none && of_->how.pages > 0 && pages >= of_->how.pages)
      step.end = walk_end::page_limit;
    const auto end = step.end;
    if (end != walk_end::repeated_page || of_->how.again_from_first)
      remember(std::move(page), std::move(step), ends, end != walk_end::none);
    if (auto saved = book_->save(now_); !saved) {
      open_ = false;
      return tl::unexpected{saved.error()};
    }
    landed_.clear();
    ++counts_->pages;
    counts_->rows += fresh;
    if (end != walk_end::none)
      return end;
    if (hands_.stopping())
      return walk_end::stopped;
  }
}

} // namespace throng::sources
