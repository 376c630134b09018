#include "lora/io/array_file.h"

#include <filesystem>
#include <utility>

#include "io/bytes.h"
#include "io/npy_file.h"
#include "io/zip_file.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

namespace {

using Shape = std::vector<std::uint64_t>;

/// The table of an array of at most two dimensions.
Matrix table_of(const NpyArray& array) {
  const NpyTable table = npy_table(array);
  Matrix values(table.rows, table.cols);
  npy_rows_to_float(array, 0, values);
  return values;
}

// np.savez_compressed(…, X=np.array([[1, 0, 3], [-2, 5, 100]], '<f4'), y=np.array([3, 1]))
const std::string kCompressed = from_hex(
    "504b03042d000000080000002100e21b1f59ffffffffffffffff05001400582e6e7079010010009800000000"
    "00000058000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f5452"
    "9498179f5f94920a12774bcc294e058a17672416a402f91a463a0ac69a3a0ab50a64032e0686067b06307070"
    "00120718181600e9134e00504b03042d0000000800000021008cde33e0ffffffffffffffff05001400792e6e"
    "70790100100090000000000000004a000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e"
    "9369a1aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a463a9a3a0ab50a1400"
    "2e6606086084d200504b01022d032d000000080000002100e21b1f5958000000980000000500000000000000"
    "00000000800100000000582e6e7079504b01022d032d0000000800000021008cde33e04a0000009000000005"
    "000000000000000000000080018f000000792e6e7079504b0506000000000200020066000000100100000000");

// np.savez(…, np.array([[1, 0, 3], [-2, 5, 100]], '>f8', order='F'))
const std::string kStored = from_hex(
    "504b03042d000000000000002100b1d584ffffffffffffffffff090014006172725f302e6e707901001000b0"
    "00000000000000b000000000000000934e554d5059010076007b276465736372273a20273e6638272c202766"
    "6f727472616e5f6f72646572273a20547275652c20277368617065273a2028322c2033292c207d2020202020"
    "2020202020202020202020202020202020202020202020202020202020202020202020202020202020202020"
    "202020202020202020200a3ff0000000000000c0000000000000000000000000000000401400000000000040"
    "080000000000004059000000000000504b01022d032d000000000000002100b1d584ffb0000000b000000009"
    "00000000000000000000008001000000006172725f302e6e7079504b0506000000000100010037000000eb00"
    "00000000");

// np.savez_compressed(…, labels=np.array(['cat', 'dög', '']), n=np.array([b'ab', b'c']),
//                     empty=np.zeros((0, 3), 'f4'), obj=np.array([None, {}], object))
const std::string kMixed = from_hex(
    "504b03042d00000008000000210022f5dfaaffffffffffffffff0a0014006c6162656c732e6e707901001000"
    "a40000000000000056000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e136aacaea3a0"
    "9e965f54529498179f5f94920a12774bcc294e058a17672416a402f91ac63a9a3a0ab50a1400ae6406068644"
    "202e01e21420fe06c4e90ca80000504b03042d000000080000002100b635f1d7ffffffffffffffff05001400"
    "6e2e6e707901001000840000000000000048000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46e"
    "a5a05e136ca4aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a463a9a3a0ab5"
    "0a1400aec4a4640600504b03042d000000080000002100a3685277ffffffffffffffff09001400656d707479"
    "2e6e707901001000800000000000000046000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5"
    "a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a063a0ac69a3a0a"
    "b50a64032e00504b03042d00000008000000210080892f68ffffffffffffffff070014006f626a2e6e707901"
    "0010001801000000000000c6000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a05ee3afae"
    "a3a09e965f54529498179f5f94920a12764bcc294e058a17672416a402f91a463a9a3a0ab50a9400ae0696a9"
    "bd0c10d02396579a5b50a9179f9c5f94aa975b9a5392995854945839a58727be2835393fafb8a4a834b964ca"
    "e4293dac6095537ad8f352204a264ff166689de2cc9834a57d4ad0140d6f466fa6d62919cc3dac29259505a9"
    "202d4cfe16533a3b20b2cc3d8c3553fcfcfcbcfe030198f0b62f9992d4193b45c3af764a2a90a90700504b01"
    "022d032d00000008000000210022f5dfaa56000000a40000000a00000000000000000000008001000000006c"
    "6162656c732e6e7079504b01022d032d000000080000002100b635f1d7480000008400000005000000000000"
    "00000000008001920000006e2e6e7079504b01022d032d000000080000002100a36852774600000080000000"
    "090000000000000000000000800111010000656d7074792e6e7079504b01022d032d00000008000000210080"
    "892f68c6000000180100000700000000000000000000008001920100006f626a2e6e7079504b050600000000"
    "04000400d7000000910200000000");

/// The matrix in the first two.
Matrix expected() {
  return Matrix{{1, 0, 3}, {-2, 5, 100}};
}

std::string listing(const ArrayFile& file) {
  std::string text;
  for (const ArrayEntry& entry : file.entries()) {
    text += entry.name + "|" + entry.dtype_name + "|" + (entry.dtype ? "yes" : "no") + "|" +
            (entry.is_text ? "text" : "") + "|";
    for (const std::uint64_t dimension : entry.shape) text += std::to_string(dimension) + ",";
    text += "|" + std::to_string(entry.bytes) + "\n";
  }
  return text;
}

std::string small_npy() {
  return npy_file("'<i2'", "False", "(2,)", std::string_view("\1\0\2\0", 4));
}

/// A file with one F8 tensor 'f' and one F32 tensor 'w' of shape (1, 2): 1, -2.
std::string small_safetensors() {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
      R"("f":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[8,9]}})";
  return little_endian(header.size(), 8) + header + from_hex("0000803f000000c0") + "x";
}

}  // namespace

TEST_CASE("a name behind a file of arrays is split off", "[io][array_file]") {
  const struct {
    std::string text;
    std::string file;
    std::string name;
  } cases[] = {
      {"x.npz:X", "x.npz", "X"},
      {"x.npz", "x.npz", ""},
      {"x.npz:", "x.npz", ""},
      {"C:/dir/x.NPZ:X", "C:/dir/x.NPZ", "X"},
      {"C:/dir/x.npz", "C:/dir/x.npz", ""},
      {"m.Safetensors:a.b:c", "m.Safetensors", "a.b:c"},
      {"a.npy:b.npz:c", "a.npy:b.npz", "c"},
      {"x.npy:0", "x.npy", "0"},
      {"x.csv:X", "x.csv:X", ""},
      {":X", ":X", ""},
      {"", "", ""},
      {std::string(5000, 'x') + ".npz:X", std::string(5000, 'x') + ".npz", "X"},
  };
  for (const auto& test : cases) {
    INFO(test.text);
    const FileAndName split = split_file_and_name(test.text);
    CHECK(split.file == test.file);
    CHECK(split.name == test.name);
  }
}

TEST_CASE("a file whose own name has a colon is taken whole", "[io][array_file]") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("x.npz:y.npz", "");
  CHECK(split_file_and_name(path).file == path);
  CHECK(split_file_and_name(path).name.empty());
}

TEST_CASE("files of arrays are known by the end of their names", "[io][array_file]") {
  for (const char* const text :
       {"x.npy", "x.npz", "x.safetensors", "X.NPY", "a/b.NpZ:X", "x.safetensors:w", ".npy"}) {
    INFO(text);
    CHECK(names_array_file(text));
  }
  for (const char* const text : {"x.csv", "x.npy.csv", "npy", "", "x.npzz", "last", "a,b"}) {
    INFO(text);
    CHECK_FALSE(names_array_file(text));
  }
}

TEST_CASE("archives that NumPy wrote are listed and read", "[io][array_file]") {
  const TemporaryDirectory directory;
  ArrayFile compressed(directory.write("c.npz", kCompressed));
  CHECK(listing(compressed) == "X|float32|yes||2,3,|24\ny|int64|yes||2,|16\n");
  CHECK(compressed.metadata().empty());
  const NpyArray x = compressed.array("X");
  CHECK(x.path == compressed.path() + ":X");
  CHECK(table_of(x) == expected());
  CHECK(npy_to_int64(compressed.array("y.npy")) == std::vector<std::int64_t>{3, 1});
  CHECK(compressed.array("X").data.data() == x.data.data());

  ArrayFile stored(directory.write("s.NPZ", kStored));
  CHECK(listing(stored) == "arr_0|float64|yes||2,3,|48\n");
  CHECK(table_of(stored.array("")) == expected());
  CHECK(stored.array("").fortran_order);
}

TEST_CASE("arrays that are no numbers are listed as well", "[io][array_file]") {
  const TemporaryDirectory directory;
  ArrayFile file(directory.write("m.npz", kMixed));
  CHECK(listing(file) ==
        "labels|text <U3|no|text|3,|36\n"
        "n|text |S2|no|text|2,|4\n"
        "empty|float32|yes||0,3,|0\n"
        "obj|object|no||2,|152\n");
  CHECK(npy_text(file.text("labels"), 1) == "d\xC3\xB6g");
  CHECK(npy_text(file.text("n"), 0) == "ab");
  CHECK(table_of(file.array("empty")).rows() == 0);
  CHECK(contains(error_of(ErrorKind::input, [&] { file.array("obj"); }),
                 "m.npz:obj: the elements are Python objects"));
  CHECK(contains(error_of(ErrorKind::input, [&] { file.array("labels"); }),
                 "m.npz:labels: the elements are text"));
  CHECK(contains(error_of(ErrorKind::input, [&] { file.text("empty"); }),
                 "m.npz:empty: the elements are of type float32, not text"));
}

TEST_CASE("a .npy file is one array without a name", "[io][array_file]") {
  const TemporaryDirectory directory;
  ArrayFile file(directory.write("x.npy", small_npy()));
  CHECK(listing(file) == "|int16|yes||2,|4\n");
  CHECK(file.array("").path == file.path());
  CHECK(table_of(file.array("")) == Matrix{{1}, {2}});
  CHECK(contains(error_of(ErrorKind::input, [&] { file.array("X"); }),
                 "x.npy: a .npy file holds one array without a name; leave ':X' away"));

  ArrayFile text(directory.write("t.npy", npy_file("'|S1'", "False", "(2,)", "ab")));
  CHECK(text.entry("").is_text);
  CHECK(npy_text(text.text(""), 1) == "b");

  ArrayFile objects(directory.write("o.npy", npy_file("'|O'", "False", "(2,)", "pickled")));
  CHECK(listing(objects) == "|object|no||2,|7\n");
}

TEST_CASE("tensors of a safetensors file are arrays", "[io][array_file]") {
  const TemporaryDirectory directory;
  ArrayFile file(directory.write("m.safetensors", small_safetensors()));
  CHECK(listing(file) == "w|F32|yes||1,2,|8\nf|F8_E4M3|no||1,|1\n");
  CHECK(file.metadata() == std::map<std::string, std::string>{{"format", "pt"}});
  CHECK(table_of(file.array("w")) == Matrix{{1, -2}});
  CHECK(file.array("w").path == file.path() + ":w");
  CHECK(contains(error_of(ErrorKind::input, [&] { file.array("f"); }),
                 "tensor 'f' is of type F8_E4M3, which this program cannot calculate with"));
  CHECK(contains(error_of(ErrorKind::input, [&] { file.text("w"); }),
                 "tensor 'w' is of type F32, not text"));
  CHECK(contains(error_of(ErrorKind::input, [&] { file.array("w.npy"); }), "no array 'w.npy'"));
}

TEST_CASE("an array must be named if there are several", "[io][array_file]") {
  const TemporaryDirectory directory;
  std::vector<ZipEntry> members = {stored_entry("features.npy", small_npy()),
                                   deflated_entry("labels.npy", small_npy())};
  ArrayFile two(directory.write("two.npz", zip_file(members)));
  CHECK(
      contains(error_of(ErrorKind::input, [&] { two.array(""); }),
               "two.npz: 2 arrays, so name one as " + two.path() + ":NAME ('features', 'labels')"));
  CHECK(contains(error_of(ErrorKind::input, [&] { two.array("feature"); }),
                 "two.npz: no array 'feature'; did you mean 'features'? (it holds 'features', "
                 "'labels')"));
  CHECK(contains(error_of(ErrorKind::input, [&] { two.entry("zz\x1B"); }),
                 R"(two.npz: no array 'zz\x1B' (it holds)"));
  for (int i = 0; i < 20; ++i)
    members.push_back(stored_entry("x" + std::to_string(i), small_npy()));
  ArrayFile many(directory.write("many.npz", zip_file(members)));
  CHECK(contains(error_of(ErrorKind::input, [&] { many.array(""); }), "'x17' and 2 more)"));
  ArrayFile none(directory.write("none.npz", zip_file({})));
  CHECK(none.entries().empty());
  CHECK(contains(error_of(ErrorKind::input, [&] { none.array(""); }), "holds no array"));
  CHECK(contains(error_of(ErrorKind::input, [&] { none.array("X"); }), "no array 'X' (it holds"));
}

TEST_CASE("arrays stay where they are when their file moves", "[io][array_file]") {
  const TemporaryDirectory directory;
  ArrayFile first(directory.write("x.npz", kCompressed));
  const NpyArray x = first.array("X");
  const NpyArray y = first.array("y");
  ArrayFile second(std::move(first));
  ArrayFile third(directory.write("s.npz", kStored));
  third = std::move(second);
  CHECK(table_of(x) == expected());
  CHECK(npy_to_int64(y) == std::vector<std::int64_t>{3, 1});
  CHECK(table_of(third.array("X")) == expected());
}

TEST_CASE("a stored array is not copied", "[io][array_file]") {
  const TemporaryDirectory directory;
  ArrayFile file(directory.write("x.npz", zip_file({stored_entry("a.npy", small_npy())})));
  CHECK(file.array("a").data.data() == file.array("a.npy").data.data());
}

TEST_CASE("members that are no arrays are listed and refused", "[io][array_file]") {
  const TemporaryDirectory directory;
  ArrayFile file(directory.write(
      "x.npz", zip_file({stored_entry("dir/", ""), deflated_entry("dir/notes.txt", "Some words."),
                         deflated_entry("bad.npy", "No array."), stored_entry("none.npy", "")})));
  CHECK(listing(file) ==
        "dir/notes.txt|bytes|no||11,|11\nbad|bytes|no||9,|9\nnone|bytes|no||0,|0\n");
  for (const char* const name : {"dir/notes.txt", "bad"}) {
    CHECK(contains(error_of(ErrorKind::input, [&] { file.array(name); }),
                   "x.npz:" + std::string(name) + ": is not a .npy file"));
  }
  CHECK(contains(error_of(ErrorKind::input, [&] { file.text("none"); }), "is empty"));
}

TEST_CASE("a broken file of arrays is refused when it is opened", "[io][array_file]") {
  const TemporaryDirectory directory;
  const std::string npy = small_npy();
  const auto npz = [](std::string_view name, std::string_view content) {
    return zip_file({deflated_entry(name, content)});
  };
  const struct {
    std::string name;
    std::string content;
    std::string reason;
  } cases[] = {
      {"x.csv", "a,b", "arrays are read from .npy, .npz or .safetensors, which this name does"},
      {"x.npy", npy.substr(0, npy.size() - 1), "takes 4 bytes of data, but the file has 3"},
      {"x.npy", "PK\3\4", "is a ZIP archive; arrays in one are named .npz"},
      {"x.npz", npy, "is a single array; such files are named .npy"},
      {"x.npz", kCompressed.substr(0, 300), "incomplete download?"},
      {"x.npz", npz("a.npy", npy + "x"), "x.npz:a: (2,) int16 takes 4 bytes of data, but 1 more"},
      {"x.npz", npz("a.npy", npy.substr(0, 20)), "x.npz:a: the header claims"},
      {"x.npz", zip_file({stored_entry("a", npy), stored_entry("a.npy", npy)}),
       "two arrays are named 'a'"},
      {"x.npz", npz("a\x1B.npy", npy.substr(0, 20)), R"(x.npz:'a\x1B': the header claims)"},
      {"x.safetensors", "1234", "has 4 bytes, fewer than the 8"},
  };
  for (const auto& test : cases) {
    std::filesystem::remove(directory.path() / test.name);
    const std::string path = directory.write(test.name, test.content);
    const std::string message = error_of(ErrorKind::input, [&] { ArrayFile file(path); });
    INFO(message);
    INFO(test.reason);
    CHECK(contains(message, test.reason));
    CHECK(contains(message, path));
  }
  CHECK(contains(error_of(ErrorKind::input,
                          [&] { ArrayFile file((directory.path() / "absent.npz").string()); }),
                 "there is no such file"));
}

TEST_CASE("damage in an array is found when it is read", "[io][array_file]") {
  const TemporaryDirectory directory;
  ZipEntry damaged = stored_entry("a.npy", small_npy());
  damaged.data.back() = 'x';
  ArrayFile file(directory.write("x.npz", zip_file({damaged})));
  for (int attempt = 0; attempt < 2; ++attempt) {
    CHECK(contains(error_of(ErrorKind::input, [&] { file.array("a"); }),
                   "member 'a.npy' has the check sum"));
  }
}

TEST_CASE("nothing is inflated that its own header does not announce", "[io][array_file]") {
  const TemporaryDirectory directory;
  // Whoever inflated it all would come to the end of the data too early.
  const auto path_of = [&](const std::string& name, const char* descr, const char* shape) {
    ZipEntry entry =
        deflated_entry("a.npy", npy_file(descr, "False", shape, std::string(1 << 20, '\0')));
    entry.data.resize(entry.data.size() - 10);
    return directory.write(name, zip_file({entry}));
  };
  const std::string longer = path_of("1.npz", "'|u1'", "(2,)");
  CHECK(contains(error_of(ErrorKind::input, [&] { ArrayFile file(longer); }),
                 "(2,) uint8 takes 2 bytes of data, but 1048574 more follow"));
  const std::string shorter = path_of("2.npz", "'|u1'", "(4611686018427387903,)");
  CHECK(contains(error_of(ErrorKind::input, [&] { ArrayFile file(shorter); }),
                 "takes 4611686018427387903 bytes of data, but the file has 1048576"));
  ArrayFile objects(path_of("3.npz", "'|O'", "(2,)"));
  CHECK(contains(error_of(ErrorKind::input, [&] { objects.array("a"); }), "Python objects"));
  CHECK(contains(error_of(ErrorKind::input, [&] { objects.text("a"); }), "type object, not text"));
  ArrayFile numbers(path_of("4.npz", "'|u1'", "(1048576,)"));
  CHECK(contains(error_of(ErrorKind::input, [&] { numbers.array("a"); }),
                 "bytes; the file is damaged"));
}
