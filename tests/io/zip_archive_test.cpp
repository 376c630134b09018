#include "lora/io/zip_archive.h"

#include <ctime>
#include <filesystem>
#include <utility>

#include "io/bytes.h"
#include "io/zip_file.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

namespace {

std::vector<ZipMember> members_of(std::string_view file) {
  return read_zip_directory(as_bytes(file), "x.npz");
}

/// What read_zip_directory says of a file that exactly fits its memory.
std::string refusal_of(std::string_view file) {
  const std::vector<std::byte> content = on_heap(file);
  const std::string message =
      error_of(ErrorKind::input, [&] { read_zip_directory(content, "x.npz"); });
  INFO(message);
  CHECK(message.starts_with("[zip] x.npz: "));
  CHECK_FALSE(contains(message, "\n"));
  return message;
}

/// A file of its own each time: what is mapped must not change.
ZipArchive open(const TemporaryDirectory& directory, std::string_view content) {
  std::filesystem::remove(directory.path() / "x.zip");
  return ZipArchive(directory.write("x.zip", content));
}

std::string content_of(const ZipArchive& archive, const ZipMember& member) {
  return member.deflated ? as_string(archive.inflated(member)) : as_string(archive.stored(member));
}

/// `text` with other bytes from `position` on.
std::string patched(std::string text, std::size_t position, std::string_view bytes) {
  return text.replace(position, bytes.size(), bytes);
}

const std::string kLong = std::string(1000, 'x') + "yz";

}  // namespace

TEST_CASE("members are found with their contents, stored and deflated", "[io][zip]") {
  const TemporaryDirectory directory;
  for (const bool wide : {false, true}) {
    for (const std::string& comment : {std::string(), std::string("hello"), "PK\5\6" + kLong}) {
      INFO(wide << comment.size());
      const ZipArchive archive = open(
          directory,
          zip_file({stored_entry("a.npy", "some bytes"), deflated_entry("b/\xC3\xA4.npy", kLong),
                    stored_entry("c", ""), deflated_entry("d", "")},
                   {wide, comment, "local extra"}));
      REQUIRE(archive.members().size() == 4);
      CHECK(archive.members()[0].name == "a.npy");
      CHECK(archive.members()[0].size == 10);
      CHECK_FALSE(archive.members()[0].deflated);
      CHECK(archive.members()[1].deflated);
      CHECK(archive.members()[1].size == 1002);
      CHECK(archive.members()[1].data.size() < 50);
      CHECK(content_of(archive, archive.members()[0]) == "some bytes");
      CHECK(content_of(archive, archive.members()[1]) == kLong);
      CHECK(content_of(archive, archive.members()[2]).empty());
      CHECK(content_of(archive, archive.members()[3]).empty());
      CHECK(archive.find("b/\xC3\xA4.npy") == &archive.members()[1]);
      CHECK(archive.find("b") == nullptr);
    }
  }
}

TEST_CASE("an archive may be empty", "[io][zip]") {
  CHECK(members_of(zip_file({})).empty());
  CHECK(members_of(zip_file({}, {false, kLong})).empty());
  CHECK(members_of("PK\5\6" + std::string(18, '\0')).empty());
}

TEST_CASE("a stored member is looked at where it lies", "[io][zip]") {
  const std::string file = zip_file({stored_entry("a", "content")});
  CHECK(members_of(file)[0].data.data() == as_bytes(file).data() + 31);
}

TEST_CASE("the start of a member costs no more than it is long", "[io][zip]") {
  const TemporaryDirectory directory;
  const ZipArchive archive =
      open(directory, zip_file({stored_entry("s", kLong), deflated_entry("d", kLong)}));
  for (const ZipMember& member : archive.members()) {
    CHECK(archive.start_of(member, 0).empty());
    CHECK(as_string(archive.start_of(member, 5)) == "xxxxx");
    CHECK(as_string(archive.start_of(member, 1002)) == kLong);
    CHECK(as_string(archive.start_of(member, SIZE_MAX)) == kLong);
  }
}

TEST_CASE("an archive can move", "[io][zip]") {
  const TemporaryDirectory directory;
  ZipArchive first = open(directory, zip_file({deflated_entry("a", kLong)}));
  const ZipArchive second(std::move(first));
  CHECK(content_of(second, *second.find("a")) == kLong);
}

TEST_CASE("what is no whole ZIP archive is refused with its own reason", "[io][zip]") {
  const std::string whole = zip_file({stored_entry("a", "content")});
  const std::string wide = zip_file({stored_entry("a", "content")}, {true});
  const std::size_t end = whole.size() - 22;
  const std::size_t wide_end = wide.size() - 22 - 20 - 56;
  const struct {
    std::string content;
    std::string_view reason;
  } cases[] = {
      {"", "is empty"},
      {"PK", "ends in its first bytes; incomplete download?"},
      {"a,b\n1,2\n", "is not a ZIP archive"},
      {std::string("\x93NUMPY\1\0", 8), "is a single array; such files are named .npy"},
      {"PK\3\4", "the directory, which ends a ZIP archive, is missing; incomplete download?"},
      {whole.substr(0, end), "is missing; incomplete download?"},
      {whole.substr(0, whole.size() - 1), "is missing; incomplete download?"},
      {whole + "x", "is missing; incomplete download?"},
      {patched(whole, end + 4, "\1"), "is one part of an archive that was split"},
      {patched(whole, end + 6, "\1"), "is one part of an archive that was split"},
      {patched(whole, end + 8, "\2"), "is one part of an archive that was split"},
      {patched(patched(whole, end + 8, "\2"), end + 10, "\2"),
       "the directory claims 2 members, but its 60 bytes have room for 1"},
      {patched(patched(whole, end + 8, std::string(1, '\0')), end + 10, std::string(1, '\0')),
       "the directory claims 0 members, but goes on after them"},
      {patched(whole, end + 12, "\xFF"),
       "the directory, 255 bytes from byte 38 on, exceeds the file, in which 98 bytes come"},
      {patched(whole, end + 16, "\xFF\xFF\xFF\x7F"), "60 bytes from byte 2147483647 on, exceeds"},
      {patched(whole, end + 12, "\x3B"), "the directory ends within the entry of member 1"},
      {patched(whole, end - 60, "X"), "the directory has no entry where member 1 should be"},
      {patched(wide, wide_end, "X"), "there is no zip64 end record at byte"},
      {patched(wide, wide_end + 56 + 8, std::string(8, '\xFF')),
       "there is no zip64 end record at byte 18446744073709551615"},
      {patched(wide, wide_end + 16, "\1"), "is one part of an archive that was split"},
      {patched(wide, wide_end + 24, std::string(16, '\xFF')),
       "claims 18446744073709551615 members"},
      {patched(wide, wide_end + 40, std::string(8, '\xFF')), "exceeds the file"},
      {patched(wide, wide_end + 48, std::string(8, '\xFF')), "exceeds the file"},
  };
  for (const auto& test : cases) {
    const std::string message = refusal_of(test.content);
    INFO(message);
    INFO(test.reason);
    CHECK(contains(message, test.reason));
  }
}

TEST_CASE("a member that cannot be right is refused with its own reason", "[io][zip]") {
  const ZipEntry good = deflated_entry("g", kLong);
  const auto file = [&](auto change, bool wide = false) {
    ZipEntry entry = deflated_entry("b", kLong);
    change(entry);
    return zip_file({good, entry}, {wide});
  };
  const std::uint64_t most = 1032 * good.data.size();
  const std::string too_large = "announces " + std::to_string(most + 1) + " bytes, but its " +
                                std::to_string(good.data.size()) +
                                " compressed ones cannot hold more than " + std::to_string(most);
  const struct {
    std::string content;
    std::string_view reason;
  } cases[] = {
      {file([](ZipEntry& e) { e.flags = 1; }), "member 'b' is encrypted"},
      {file([](ZipEntry& e) { e.flags = 1U << 6U; }), "member 'b' is encrypted"},
      {file([](ZipEntry& e) { e.flags = 1U << 13U; }), "member 'b' is encrypted"},
      {file([](ZipEntry& e) { e.method = 12; }), "member 'b' is compressed by method 12 (bzip2)"},
      {file([](ZipEntry& e) { e.method = 14; }), "method 14 (LZMA); only 0 (stored) and 8"},
      {file([](ZipEntry& e) { e.method = 77; }), "compressed by method 77; only"},
      {file([](ZipEntry& e) { e.disk = 1; }), "member 'b' is in another file"},
      {file([](ZipEntry& e) { e.method = 0; }), "'b' is stored as it is, but announces 1002 bytes"},
      {file([&](ZipEntry& e) { e.size = most + 1; }), too_large},
      {file([](ZipEntry& e) { e.size = UINT64_MAX; }, true), "announces 18446744073709551615"},
      {file([](ZipEntry& e) { e.data_size = 1000; }), "member 'b' takes 1000 bytes from byte"},
      {file([](ZipEntry& e) { e.data_size = UINT64_MAX; }, true), "takes 18446744073709551615"},
      {file([](ZipEntry& e) { e.offset = 1; }), "should begin at byte 1, but no member begins"},
      {file([](ZipEntry& e) { e.offset = 1'000'000; }), "should begin at byte 1000000"},
      {file([](ZipEntry& e) { e.offset = UINT64_MAX - 40; }, true), "should begin at byte 1844"},
      {file([](ZipEntry& e) { e.offset = 0; }), "lies over member 'g'"},
      {file([](ZipEntry& e) { e.name = "g"; }), "two members are named 'g'"},
      {file([](ZipEntry& e) { e.name = ""; }), "member 2 has no name"},
      {file([](ZipEntry& e) { e.name = "caf\xE9\n"; }),
       R"(member 2 has a name that is not UTF-8: 'caf\xE9\n')"},
      {file([](ZipEntry& e) { e.size = 0xFFFFFFFF; }), "'b' should have numbers of 64 bits"},
      {file([](ZipEntry& e) { e.offset = 0xFFFFFFFF; }), "'b' should have numbers of 64 bits"},
      {file([](ZipEntry& e) { e.disk = 0xFFFF; }), "'b' should have numbers of 64 bits"},
  };
  CHECK(members_of(file([&](ZipEntry& e) { e.size = most; })).size() == 2);
  for (const auto& test : cases) {
    const std::string message = refusal_of(test.content);
    INFO(message);
    INFO(test.reason);
    CHECK(contains(message, test.reason));
  }
}

TEST_CASE("members may lie in any order, but not over each other", "[io][zip]") {
  const ZipEntry a = stored_entry("a", "12345");
  ZipEntry b = stored_entry("b", "678");
  const std::string bodies = zip_local_header(b, "") + b.data + zip_local_header(a, "") + a.data;
  const auto file = [&](const ZipEntry& second) {
    const std::string entries =
        zip_directory_entry(a, 34, false) + zip_directory_entry(second, 0, false);
    return bodies + entries + zip_end(2, entries.size(), bodies.size(), {});
  };
  CHECK(as_string(members_of(file(b))[0].data) == "12345");
  CHECK(as_string(members_of(file(b))[1].data) == "678");
  b.size = b.data_size = 4;
  CHECK(contains(refusal_of(file(b)), "member 'a' lies over member 'b'"));
}

TEST_CASE("content that is not what was announced is refused", "[io][zip]") {
  const TemporaryDirectory directory;
  const auto refusal = [&](const ZipEntry& entry) {
    const ZipArchive archive = open(directory, zip_file({entry, stored_entry("z", "")}));
    const std::string message =
        error_of(ErrorKind::input, [&] { content_of(archive, archive.members()[0]); });
    CHECK(message.starts_with("[zip] " + archive.path() + ": member 'm' "));
    return message;
  };
  ZipEntry stored = stored_entry("m", "content");
  stored.crc = 5;
  // binascii.crc32(b"content")
  CHECK(contains(refusal(stored), "has the check sum 4274335913, but announces 5"));
  const ZipEntry good = deflated_entry("m", kLong);
  ZipEntry bad = good;
  bad.crc = 5;
  CHECK(contains(refusal(bad), "announces 5; the file is damaged"));
  bad = good;
  bad.size = 1001;
  CHECK(contains(refusal(bad), "holds more than the 1001 bytes that it announces"));
  bad.size = 0;
  CHECK(contains(refusal(bad), "holds more than the 0 bytes that it announces"));
  bad.size = 1003;
  CHECK(contains(refusal(bad), "holds 1002 bytes, but announces 1003"));
  bad = good;
  bad.data.pop_back();
  CHECK(contains(refusal(bad), "of its 1002 bytes; the file is damaged"));
  bad = good;
  bad.data = std::string(good.data.size(), '\xFF');
  CHECK(contains(refusal(bad), "is not deflated data after 0 of its 1002 bytes"));
}

TEST_CASE("the start of damaged content is refused too", "[io][zip]") {
  const TemporaryDirectory directory;
  ZipEntry entry = deflated_entry("m", kLong);
  entry.size = 1100;
  const ZipArchive archive = open(directory, zip_file({entry}));
  const ZipMember& member = archive.members()[0];
  CHECK(as_string(archive.start_of(member, 1002)) == kLong);
  const std::string message = error_of(ErrorKind::input, [&] { archive.start_of(member, 1003); });
  CHECK(contains(message, "member 'm' holds 1002 bytes, but announces 1100"));
}

TEST_CASE("a few bytes that announce terabytes are refused at once", "[io][zip]") {
  ZipEntry entry = deflated_entry("b", "");
  entry.size = 1ULL << 43U;
  const std::clock_t start = std::clock();  // of the processor: others may keep it busy
  CHECK(contains(refusal_of(zip_file({entry}, {true})), "member 'b' announces 8796093022208"));
  CHECK(std::clock() - start < CLOCKS_PER_SEC / 10);
}

TEST_CASE("asking for a member in the wrong way is a fault of the program", "[io][zip]") {
  const TemporaryDirectory directory;
  const ZipArchive archive =
      open(directory, zip_file({stored_entry("s", "x"), deflated_entry("d", "x")}));
  CHECK_THROWS_AS(archive.inflated(archive.members()[0]), std::logic_error);
  CHECK_THROWS_AS(archive.stored(archive.members()[1]), std::logic_error);
}

TEST_CASE("a ZIP archive cut short anywhere is refused", "[io][zip]") {
  for (const bool wide : {false, true}) {
    const std::string whole =
        zip_file({stored_entry("a", "content"), deflated_entry("b", kLong)}, {wide, "comment"});
    CHECK(members_of(whole).size() == 2);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      INFO(length);
      CHECK_FALSE(refusal_of(whole.substr(0, length)).empty());
    }
  }
}

TEST_CASE("one wrong byte in an archive is refused or leaves sound members", "[io][zip]") {
  const TemporaryDirectory directory;
  for (const bool wide : {false, true}) {
    const std::string whole =
        zip_file({stored_entry("a", "content"), deflated_entry("b", "more content")}, {wide});
    std::size_t refused = 0;
    for (std::size_t position = 0; position < whole.size(); ++position) {
      for (const char byte : kNastyBytes) {
        INFO(position << ": " << static_cast<int>(byte));
        const std::vector<std::byte> content =
            on_heap(patched(whole, position, std::string(1, byte)));
        try {
          for (const ZipMember& member : read_zip_directory(content, "x")) {
            const std::byte* const begin = member.data.data();
            CHECK(begin >= content.data());
            CHECK(begin + member.data.size() <= content.data() + content.size());
            CHECK(member.size <= member.data.size() * 1032);
          }
        } catch (const Error& error) {
          CHECK(error.kind() == ErrorKind::input);
          ++refused;
        }
      }
    }
    CHECK(refused > whole.size() * kNastyBytes.size() / 4);
  }
}
