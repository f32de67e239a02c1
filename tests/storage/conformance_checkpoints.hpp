// Headers are compared and replaced, chunks kept whole. Part of conformance.hpp.
#pragma once

#include "conformance_documents.hpp"

namespace {

namespace conformance::checkpoints {

CAF_TEST(a header is replaced only where epoch and writer still are as expected) {
  auto& store = fresh_store();
  header_document first{"cas/t/0", 1, 1, "a", "one"};
  CAF_CHECK(!must(store.header("cas/t/0")));
  CAF_CHECK(!must(store.replace_header(first, header_document{"cas/t/0", 1, 1, "a", ""})));
  CAF_CHECK(must(store.replace_header(first, std::nullopt)));
  CAF_CHECK(!must(store.replace_header(first, std::nullopt)));
  header_document second{"cas/t/0", 2, 2, "b", std::string("two\0\xF0\x9F\x98\x80", 8)};
  CAF_CHECK(!must(store.replace_header(second, header_document{"cas/t/0", 1, 1, "x", "one"})));
  CAF_CHECK(!must(store.replace_header(second, header_document{"cas/t/0", 2, 1, "a", "one"})));
  CAF_CHECK(must(store.replace_header(second, first)));
  auto stands = must(store.header("cas/t/0"));
  CAF_REQUIRE(stands);
  CAF_CHECK_EQUAL(stands->epoch, 2u);
  CAF_CHECK_EQUAL(stands->generation, 2u);
  CAF_CHECK_EQUAL(stands->writer, "b");
  CAF_CHECK_EQUAL(stands->content, second.content);
}

CAF_TEST(of many who replace a header at once one succeeds) {
  auto& store = fresh_store();
  header_document first{"race/t/0", 1, 1, "", ""};
  must(store.replace_header(first, std::nullopt));
  std::vector<int> won(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < won.size(); ++i)
    threads.emplace_back([&, i] {
      auto done = store.replace_header({"race/t/0", 2, 2, std::to_string(i), ""}, first);
      won[i] = done && *done ? 1 : 0;
    });
  for (auto& thread : threads)
    thread.join();
  CAF_CHECK_EQUAL(std::count(won.begin(), won.end(), 1), 1);
}

CAF_TEST(headers are listed by prefix) {
  auto& store = fresh_store();
  for (auto id : {"list/a/0", "list/a/1", "list%2Fb/0", "listen/a/0"})
    must(store.replace_header({id, 1, 1, "w", id}, std::nullopt));
  names listed;
  for (const auto& each : must(store.headers("list/")))
    listed.push_back(each.id);
  CAF_CHECK_EQUAL(listed, (names{"list/a/0", "list/a/1"}));
  CAF_CHECK(must(store.headers("nobody/")).empty());
}

CAF_TEST(chunks up to 8 MiB are kept whole) {
  auto& store = fresh_store();
  std::string bytes(8U << 20U, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i * 2654435761U >> 13U);
  must(store.put_chunk("big/1/1/0", bytes));
  must(store.put_chunk("big/1/1/1", ""));
  must(store.put_chunk("other/1/1/0", "x"));
  CAF_CHECK(must(store.chunk("big/1/1/0")) == bytes);
  CAF_CHECK_EQUAL(must(store.chunk("big/1/1/1")).value_or("none"), "");
  CAF_CHECK(!must(store.chunk("big/1/1/2")));
  CAF_CHECK_EQUAL(must(store.chunk_ids("big/")), (names{"big/1/1/0", "big/1/1/1"}));
  must(store.put_chunk("big/1/1/0", "replaced"));
  CAF_CHECK_EQUAL(must(store.chunk("big/1/1/0")).value_or("none"), "replaced");
  must(store.remove_chunks({"big/1/1/0", "big/1/1/9"}));
  must(store.remove_chunks({}));
  CAF_CHECK_EQUAL(must(store.chunk_ids("big/")), (names{"big/1/1/1"}));
}

} // namespace conformance::checkpoints

} // namespace
