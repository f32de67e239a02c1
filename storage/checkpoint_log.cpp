#include "storage/checkpoint_log.hpp"

#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include "storage/checkpoint_chain.hpp"
#include "storage/checkpoint_chunks.hpp"
#include "storage/checkpoint_header.hpp"

namespace throng::storage {

namespace {

// A chain is read whole at a claim, chunk by chunk: more deltas than this cost more there than a base costs now.
constexpr std::size_t max_deltas = 64;

std::string named(const checkpoint_identity& identity) {
  return fmt::format("checkpoint of {}, topic {}, partition {}", identity.owner, identity.topic, identity.partition);
}

/// What keeps a claim of `mine` from going on from what `theirs` left under the same owner; empty: nothing.
std::string difference(const checkpoint_identity& theirs, const checkpoint_identity& mine) {
  bool same_topic = theirs.topic == mine.topic;
  // A recorder has a checkpoint a topic, a pipeline's topics share its definition.
  if (!same_topic && mine.owner.starts_with("recorder:"))
    return {};
  if (theirs.definition != mine.definition)
    return same_topic ? "another definition" : fmt::format("another definition, over topic {}", theirs.topic);
  if (!same_topic)
    return {};
  if (theirs.source != mine.source)
    return fmt::format("another source ({}, and this is {})", theirs.source, mine.source);
  if (theirs.partitions != mine.partitions)
    return fmt::format("{} partitions, and now there are {}", theirs.partitions, mine.partitions);
  return {};
}

} // namespace

struct checkpoint_log::implementation {
  result_store& store;
  checkpoint_identity identity;
  std::string id;
  std::string writer;
  header_document header; ///< as it stands, unless somebody else has claimed it
  header_content content;
  bool claimed_it = false;
  std::uint64_t saves = 0;      ///< attempts in this generation: no two share a chunk's id
  std::set<std::string> unused; ///< chunks of this log that no header names, or will once the next save succeeds
  bool in_doubt = false;        ///< the last save failed, and may yet take effect
  std::uint64_t last_bytes = 0;

  implementation(result_store& in, checkpoint_identity of, std::string name)
      : store(in)
      , identity(std::move(of))
      , id(header_id(identity.owner, identity.topic, identity.partition))
      , writer(std::move(name)) {}

  /// One look at what stands, and what a claim would make of it.
  struct proposal {
    std::optional<header_document> now;
    header_document next;
    header_content content;
    claimed result;
    bool broken = false; ///< chunks are missing or damaged: true, unless the header has been replaced meanwhile
  };

  expected<proposal> propose() const {
    auto siblings = store.headers(header_prefix(identity.owner));
    if (!siblings)
      return tl::unexpected(siblings.error());
    proposal out;
    for (const auto& sibling : *siblings) {
      bool own = sibling.id == id;
      if (own)
        out.now = sibling;
      if (sibling.content.empty()) // reset
        continue;
      auto parsed = parse_header(sibling.content);
      if (!parsed)
        return fail(parsed.error().kind, fmt::format("{}: {}; --reset deletes it and its results, and begins anew",
                                                     sibling.id, parsed.error().message));
      if (auto differs = difference(parsed->identity, identity); !differs.empty())
        return fail(error_kind::conflict,
                    fmt::format("{}: what the store holds under this name was made with {}; --reset deletes it and "
                                "begins anew, and another name keeps both",
                                named(identity), differs));
      if (own)
        out.content = std::move(*parsed);
    }
    out.content.identity = identity;

    bool saved = !out.content.current.empty();
    if (auto read = choose_chain(out); !read)
      return tl::unexpected(read.error());
    if (saved && out.content.current.empty()) {
      out.broken = true;
      return out;
    }
    out.result.fresh = !saved;
    if (saved) {
      out.result.next_offset = out.content.current.back().next_offset;
      out.result.last = out.content.current.back().last;
    }
    out.result.generation = (out.now ? out.now->generation : 0) + 1;
    // A fresh claim begins at 0 wherever its reader starts (`--start latest` too): it takes no state over from the generations before, so
    // nothing of theirs may stand. Beginning where it reads instead would keep half of their windows, which it then overwrites with
    // its own half or never closes. What they found in messages it does not read again is gone: they saved no checkpoint.
    out.content.starts.push_back(
        {identity.owner, identity.topic, identity.partition, out.result.generation, out.result.next_offset});
    for (const auto& start : out.content.starts)
      out.result.begins.push_back({start.generation, start.offset});
    out.next = {id, (out.now ? out.now->epoch : 0) + 1, out.result.generation,
                fmt::format("{}#{}", writer, out.result.generation), to_text(out.content)};
    return out;
  }

  /// Cuts the chains to the newest epoch that is whole, and reads it. Nothing whole: `current` is left empty.
  expected<void> choose_chain(proposal& of) const {
    auto& current = of.content.current;
    auto& previous = of.content.previous;
    auto saved = current.size();
    auto whole = read_chain(store, current);
    if (!whole)
      return tl::unexpected(whole.error());
    of.result.fell_back = whole->epochs.size() < saved;
    if (whole->epochs.empty() && saved > 0) {
      whole = read_chain(store, previous);
      if (!whole)
        return tl::unexpected(whole.error());
      previous.clear();
    }
    current = std::move(whole->epochs);
    of.result.entries = std::move(whole->entries);
    return {};
  }

  /// An answer may be lost while the server did what was asked: then what stands there tells.
  expected<bool> replace(const header_document& next, const std::optional<header_document>& now) {
    auto done = store.replace_header(next, now);
    if (done || !done.error().retryable)
      return done;
    auto stands = store.header(id);
    if (stands && *stands && (*stands)->epoch == next.epoch && (*stands)->writer == next.writer &&
        (*stands)->content == next.content)
      return true;
    return done;
  }

  expected<claimed> claim() {
    for (int round = 0; round < max_replacement_rounds; ++round) {
      auto proposed = propose();
      if (!proposed)
        return tl::unexpected(proposed.error());
      if (proposed->broken) {
        // Whoever held it may have saved and tidied up between the look at the header and that at its chunks.
        auto stands = store.header(id);
        if (!stands)
          return tl::unexpected(stands.error());
        if (*stands && (*stands)->epoch != proposed->now->epoch)
          continue;
        return fail(error_kind::corrupt,
                    fmt::format("{}: no epoch of it is whole; --reset deletes it and its results, and begins anew",
                                named(identity)));
      }
      auto replaced = replace(proposed->next, proposed->now);
      if (!replaced)
        return tl::unexpected(replaced.error());
      if (!*replaced)
        continue;
      header = std::move(proposed->next);
      content = std::move(proposed->content);
      claimed_it = true;
      saves = 0;
      in_doubt = false;
      unused.clear();
      remove_orphans();
      auto removed = store.remove_overtaken(identity.owner, identity.topic, identity.partition, header.generation,
                                            proposed->result.next_offset);
      if (!removed)
        return tl::unexpected(removed.error());
      return std::move(proposed->result);
    }
    return fail(error_kind::unavailable, fmt::format("{}: others keep claiming it", named(identity)), true);
  }

  /// What saves left behind that a crash, a fence or a fall-back cut off. Not of this generation or a later one: its owner may be about
  /// to name them. What can't be removed now, a later claim removes.
  void remove_orphans() {
    auto prefix = chunk_prefix(id);
    auto ids = store.chunk_ids(prefix);
    if (!ids)
      return;
    auto in_use = chunks_named(content);
    std::vector<std::string> orphans;
    for (const auto& chunk : *ids) {
      auto generation = generation_of(chunk, prefix);
      if (generation && *generation < header.generation && in_use.count(chunk) == 0)
        orphans.push_back(chunk);
    }
    if (!orphans.empty())
      (void)store.remove_chunks(orphans);
  }

  expected<saved_epoch> put(const std::vector<checkpoint_entry>& entries) {
    saved_epoch out;
    ++saves;
    for (const auto& chunk : encode_chunks(entries)) {
      auto name = chunk_id(id, header.generation, saves, out.chunks.size());
      unused.insert(name);
      if (auto stored = store.put_chunk(name, chunk); !stored)
        return tl::unexpected(stored.error());
      out.bytes += chunk.size();
      out.chunks.push_back({std::move(name), chunk_checksum(chunk)});
    }
    return out;
  }

  expected<void> save(const std::vector<checkpoint_entry>& entries, bool whole, std::int64_t next_offset,
                      const last_message& last) {
    if (!claimed_it)
      throw std::logic_error("checkpoint_log: save before claim");
    auto saved = put(entries);
    if (!saved) {
      in_doubt = true; // chunks alone mean nothing, but the entries are not saved
      return tl::unexpected(saved.error());
    }
    saved->next_offset = next_offset;
    saved->last = last;
    for (;;) {
      auto next_content = content;
      if (whole || content.current.empty()) {
        next_content.previous = std::move(next_content.current);
        next_content.current.clear();
      }
      saved->epoch = header.epoch + 1;
      next_content.current.push_back(*saved);
      header_document next{id, saved->epoch, header.generation, header.writer, to_text(next_content)};
      auto replaced = replace(next, header);
      if (!replaced) {
        in_doubt = true;
        return tl::unexpected(replaced.error());
      }
      if (*replaced) {
        in_doubt = false;
        last_bytes = saved->bytes + next.content.size();
        take(std::move(next), std::move(next_content));
        return {};
      }
      auto stands = store.header(id);
      if (!stands)
        return tl::unexpected(stands.error());
      if (!*stands || (*stands)->writer != header.writer)
        return fenced();
      // An earlier save of ours that failed has landed after all: go on from it.
      auto parsed = parse_header((*stands)->content);
      if (!parsed)
        return tl::unexpected(parsed.error());
      header = std::move(**stands);
      content = std::move(*parsed);
    }
  }

  /// The header stands: nothing older can land any more, so what it does not name can go.
  void take(header_document next, header_content next_content) {
    unused.merge(chunks_named(content));
    header = std::move(next);
    content = std::move(next_content);
    for (const auto& chunk : chunks_named(content))
      unused.erase(chunk);
    if (unused.empty())
      return;
    // Not worth failing a checkpoint that stands: what stays is tried again after the next.
    if (store.remove_chunks({unused.begin(), unused.end()}))
      unused.clear();
  }

  expected<void> fenced() {
    return fail(error_kind::fenced, fmt::format("{}: another claim has it now", named(identity)));
  }
};

checkpoint_log::checkpoint_log(result_store& store, checkpoint_identity identity, std::string writer)
    : impl_(std::make_unique<implementation>(store, std::move(identity), std::move(writer))) {}

checkpoint_log::~checkpoint_log() = default;

expected<claimed> checkpoint_log::claim() {
  return impl_->claim();
}

expected<void> checkpoint_log::save(const std::vector<checkpoint_entry>& entries, bool whole, std::int64_t next_offset,
                                    last_message last) {
  return impl_->save(entries, whole, next_offset, last);
}

bool checkpoint_log::wants_base() const {
  const auto& chain = impl_->content.current;
  if (chain.empty() || impl_->in_doubt || chain.size() > max_deltas)
    return true;
  std::uint64_t deltas = 0;
  for (std::size_t i = 1; i < chain.size(); ++i)
    deltas += chain[i].bytes;
  return deltas > chain.front().bytes;
}

std::uint64_t checkpoint_log::generation() const {
  return impl_->header.generation;
}

std::int64_t checkpoint_log::oldest_offset() const {
  const auto& current = impl_->content.current;
  const auto& previous = impl_->content.previous;
  if (!previous.empty())
    return previous.front().next_offset;
  return current.empty() ? 0 : current.front().next_offset;
}

std::uint64_t checkpoint_log::last_bytes() const {
  return impl_->last_bytes;
}

} // namespace throng::storage
