#include "cli/sample_files.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "io/zip_file.h"
#include "lora/io/safetensors.h"

namespace lora::test {

namespace {

struct Tensor {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::vector<float> values;
};

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string safetensors(const std::vector<Tensor>& tensors) {
  std::vector<SafetensorsTensor> parts;
  for (const Tensor& tensor : tensors) {
    parts.push_back(
        {tensor.name, DType::f32, tensor.shape, std::as_bytes(std::span(tensor.values))});
  }
  return text_of(safetensors_bytes(parts, {{"format", "pt"}}));
}

/// A .npy file of version 1.0 with float64 values in C order.
std::string npy(const std::string& shape, const std::vector<double>& values) {
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(117, ' ');
  header += '\n';
  return std::string("\x93NUMPY\x01\x00", 8) + std::string("\x76\x00", 2) + header +
         text_of(std::as_bytes(std::span(values)));
}

void write_tables(const TemporaryDirectory& directory) {
  const std::map<std::string, std::string> tables = {
      {"good.csv", "x1,x2,y\n1,2,3\n2,1,0\n0,1,2\n3,3,1.5\n"},
      {"pairs.csv", "x1,x2,y1,y2\n1,2,3,4\n2,1,0,5\n"},
      {"good.parquet", "PAR1"},
      {"classes.csv", "x1,x2,label\n1,2,0\n2,1,1\n0,1,2\n3,3,1\n"},
      {"tags.csv", "x1,x2,y1,y2\n1,2,0,1\n2,1,1,1\n0,1,0.5,0\n3,3,1,0\n"},
      {"queries.csv", "query,document\n0,1\n2,3\n1,0\n"},
      {"beyond.csv", "0,1\n2,4\n"},
      {"below.csv", "0,1\n-1,2\n"},
      {"half.csv", "query,document\n0,1\n2,1.5\n"},
      {"triple.csv", "query,document,other\n0,1,2\n1,2,3\n"},
      {"alone.csv", "query,document\n0,1\n"},
      {"newclass.csv", "x1,x2,label\n1,2,7\n"},
      {"words.csv", "x1,x2,label\n1,2,cat\n2,1,dog\n"},
      {"empty.csv", ""},
      {"header.csv", "x1,x2,y\n"},
      {"one.csv", "x1,x2,y\n1,2,3\n"},
      {"ragged.csv", "x1,x2,y\n1,2,3\n1,2\n"},
      {"word.csv", "x1,x2,y\n1,2,3\n1,abc,3\n"},
      {"hole.csv", "x1,x2,y\n1,,3\n"},
      {"nan.csv", "x1,x2,y\nnan,2,3\n"},
      {"names.csv", "id,x1,y\nr1,1,2\nr2,2,3\n"},
      {"huge.csv", "x1,x2,y\n1e39,2,3\n"},
      {"comma.csv", "x1,y\n\"1,5\",2\n"},
      {"semicolon.csv", "x1;y\n1,5;2\n"},
      {"thousands.csv", "x1,y\n\"1,234.5\",2\n"},
      {"text.csv", "x1,y\n1,2\nn/a?,2\n"},
      {"missing.csv", "x1,x2,y\n1,NA,3\n2,3,4\n"},
      {"infinite.csv", "x1,x2,y\n1,2,3\n1,-inf,3\n"},
      {"percent.csv", "x1,y\n5%,2\n"},
      {"long.csv", "x1,x2,y\n1,2,3,4\n"},
      {"quote.csv", "x1,y\n\"1,2\n3,4\n"},
      {"behind.csv", "x1,y\n\"1\"2,2\n"},
      {"blanks.csv", "\n\n\n"},
      {"utf16.csv", std::string("\xFF\xFEx\0,\0y\0", 8)},
      {"packed.csv", std::string("\x1F\x8B\x08\0\0\0\0\0", 8)},
      {"excel.csv", "PK\x03\x04zip"},
      {"nul.csv", std::string("x1,y\n1,\0\n", 10)},
      {"latin.csv", "x1,kind\n1,caf\xE9\n2,tea\n"},
      {"twins.csv", "x,x,y\n1,2,3\n"},
      {"bare.csv", "1,2,3\n4,5,6\n"},
      {"weights.csv", "x,w,y\n1,1,1\n2,-1,1\n"},
      {"zeros.csv", "x,w,y\n1,0,1\n2,0,1\n"},
      {"weightless.csv", "x1,x2,w,y\n1,2,0,1\n2,1,0,1\n"},
      {"enormous.csv", "x1,x2,y\n3e38,-3e38,0\n"},
      {"wide.csv", "x1,y\n1,2\n"},
      {"same.csv", "x1,kind\n1,cat\n2,cat\n"},
      {"ones.csv", "x1,label\n1,1\n2,1\n"},
      {"fractions.csv", "x1,y\n1,1.5\n2,2\n"},
      {"negative.csv", "x1,y\n1,-1\n2,1\n"},
      {"unnamed.csv", "x1,kind\n1,cat\n2,\n3,dog\n"},
      {"strange.csv", "x1,x2,label\n1,2,cow\n"},
  };
  for (const auto& [name, content] : tables) directory.write(name, content);
}

/// A .npy file whose header is this dictionary, with `data` behind it.
std::string npy_of(const std::string& dictionary, const std::string& data) {
  std::string header = dictionary;
  header.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + data;
}

/// "{'descr': …, 'fortran_order': False, 'shape': …, }".
std::string dictionary(const std::string& descr, const std::string& shape) {
  return "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }";
}

void write_bad_arrays(const TemporaryDirectory& directory) {
  const std::string x = npy("(4, 2)", {1, 2, 2, 1, 0, 1, 3, 3});
  std::string future = x;
  future[6] = 9;
  const std::map<std::string, std::string> arrays = {
      {"empty.npy", ""},
      {"text.npy", "x1,x2\n1,2\n"},
      {"text.npz", "x1,x2\n1,2\n"},
      {"short.npz", "PK\x03\x04"},
      {"long.npy", x + "12345"},
      {"huge.npy", npy_of(dictionary("'<f8'", "(1000000000000, 2)"), "12345678")},
      {"beyond.npy", npy_of(dictionary("'<f8'", "(10000000000000, 10000000000000)"), "")},
      {"negative.npy", npy_of(dictionary("'<f8'", "(-4, 2)"), "")},
      {"future.npy", future},
      {"broken.npy", npy_of("{'descr': '<f8', 'fortran_order': __import__('os')}", "")},
      {"objects.npy", npy_of(dictionary("'|O'", "(4, 2)"), "pickle")},
      {"records.npy", npy_of(dictionary("[('a', '<f8'), ('b', '<f8')]", "(4,)"), "")},
      {"complex.npy", npy_of(dictionary("'<c8'", "(1, 1)"), "12345678")},
      {"strings.npy", npy_of(dictionary("'<U1'", "(2,)"), "12345678")},
      {"norows.npy", npy_of(dictionary("'<f8'", "(0, 2)"), "")},
      {"scalar.npy", npy_of(dictionary("'<f8'", "()"), "12345678")},
      {"1e39.npy", npy("(4, 2)", {1, 2, 1e39, 1, 0, 1, 3, 3})},
  };
  for (const auto& [name, content] : arrays) directory.write(name, content);
}

void write_archives(const TemporaryDirectory& directory) {
  const std::string x = npy("(4, 2)", {1, 2, 2, 1, 0, 1, 3, 3});
  const std::string many =
      zip_file({deflated_entry("x.npy", x), stored_entry("wide.npy", npy("(4, 1)", {1, 2, 3, 4})),
                deflated_entry("short.npy", npy("(3,)", {1, 2, 3})),
                stored_entry("objects.npy", npy_of(dictionary("'|O'", "(4, 2)"), "pickle")),
                stored_entry("notes.txt", "no array")});
  directory.write("many.npz", many);
  directory.write("cut.npz", many.substr(0, many.size() / 2));
  ZipEntry damaged = deflated_entry("x.npy", x);
  damaged.crc = 1;
  directory.write("damaged.npz", zip_file({damaged}));
  ZipEntry bomb = deflated_entry("x.npy", x);
  bomb.size = 1000000000000;
  ZipOptions wide;
  wide.wide = true;
  directory.write("bomb.npz", zip_file({bomb}, wide));
  ZipEntry locked = stored_entry("x.npy", x);
  locked.flags = 1;
  directory.write("locked.npz", zip_file({locked}));
}

/// A weight file with this header, and `data` bytes of zero behind it.
std::string weight_file(const std::string& header, std::size_t data) {
  std::string length(8, '\0');
  length[0] = static_cast<char>(header.size());
  return length + header + std::string(data, '\0');
}

void write_bad_weights(const TemporaryDirectory& directory) {
  const auto tensor = [](const std::string& name, const std::string& dtype,
                         const std::string& shape, const std::string& offsets) {
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
           ",\"data_offsets\":" + offsets + "}";
  };
  const std::string good = tensor("a", "F32", "[1,2]", "[0,8]");
  const std::map<std::string, std::string> files = {
      {"empty.safetensors", ""},
      {"nothing.safetensors", weight_file("{}", 0)},
      {"terabytes.safetensors", std::string("\0\0\0\0\0\x10\0\0", 8) + "{" + std::string(31, ' ')},
      {"promise.safetensors", std::string("\x40\0\0\0\0\0\0\0", 8) + "{}"},
      {"nojson.safetensors", weight_file("{\"a\":", 0)},
      {"hole.safetensors",
       weight_file("{" + good + "," + tensor("b", "F32", "[1]", "[12,16]") + "}", 16)},
      {"overlap.safetensors",
       weight_file("{" + good + "," + tensor("b", "F32", "[1]", "[4,8]") + "}", 8)},
      {"shape.safetensors", weight_file("{" + tensor("a", "F32", "[1,2]", "[0,4]") + "}", 4)},
      {"tail.safetensors", weight_file("{" + good + "}", 12)},
      {"dtype.safetensors", weight_file("{" + tensor("a", "F7", "[1,2]", "[0,8]") + "}", 8)},
  };
  for (const auto& [name, content] : files) directory.write(name, content);
}

/// Adapters that another program wrote.
void write_adapters(const TemporaryDirectory& directory) {
  const std::filesystem::path root = directory.path();
  for (const std::string name : {"foreign", "strange"}) {
    std::filesystem::create_directory(root / name);
    directory.write(name + "/adapter_model.safetensors",
                    safetensors({{"base_model.model.model.head.lora_A.weight", {1, 2}, {1, 2}},
                                 {"base_model.model.model.head.lora_B.weight", {1, 1}, {1}}}));
  }
  directory.write("foreign/adapter_config.json", R"({"peft_type": "LORA", "r": 1})");
  directory.write("strange/adapter_config.json", R"({"peft_type": "IA3", "r": 1})");
}

void write_arrays(const TemporaryDirectory& directory) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::string x = npy("(4, 2)", {1, 2, 2, 1, 0, 1, 3, 3});
  directory.write("x.npy", x);
  directory.write("half.npy", npy("(2, 2)", {0, 1, 2, 0.5}));
  directory.write("cut.npy", x.substr(0, x.size() - 5));
  directory.write("y.npy", npy("(4,)", {0.5, 1, 2, 1}));
  directory.write("weight.npy", npy("(1, 2)", {0.5, -1}));
  directory.write("short.npy", npy("(3,)", {3, 0, 2}));
  directory.write("cube.npy", npy("(1, 2, 2)", {1, 2, 3, 4}));
  directory.write("infinite.npy", npy("(4, 2)", {1, 2, 2, 1, 0, 1, 3, infinity}));
}

void write_weights(const TemporaryDirectory& directory) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::string base =
      safetensors({{"head.weight", {1, 2}, {0.5F, -1}}, {"head.bias", {1}, {0.25F}}});
  directory.write("base.safetensors", base);
  directory.write("cut.safetensors", base.substr(0, base.size() - 4));
  directory.write("stack.safetensors",
                  safetensors({{"0.weight", {3, 2}, {0.5F, -1, 0.25F, 1, -0.5F, 0.75F}},
                               {"0.bias", {3}, {0.25F, 0, -0.25F}},
                               {"2.weight", {1, 3}, {1, -0.5F, 0.75F}}}));
  directory.write("nobias.safetensors", safetensors({{"head.weight", {1, 2}, {0.5F, -1}}}));
  directory.write("transposed.safetensors",
                  safetensors({{"head.weight", {2, 1}, {0.5F, -1}}, {"head.bias", {1}, {0.25F}}}));
  directory.write("wide.safetensors", safetensors({{"head.weight", {1, 5}, {1, 2, 3, 4, 5}}}));
  directory.write("narrow.safetensors", safetensors({{"head.weight", {2, 2}, {1, 2, 3, 4}}}));
  directory.write("infinite.safetensors", safetensors({{"head.weight", {1, 2}, {0.5F, infinity}}}));
  directory.write("two.safetensors",
                  safetensors({{"a.weight", {1, 2}, {1, 2}}, {"b.weight", {1, 2}, {1, 2}}}));
}

void write_configurations(const TemporaryDirectory& directory) {
  const std::map<std::string, std::string> files = {
      {"typo.toml", "rank = 4\nlearnig-rate = 1.0\n"},
      {"value.toml", "rank = \"zero\"\n"},
      {"twice.toml", "r = 4\nrank = 5\n"},
      {"section.toml", "[adapter]\nrank = 4\n"},
      {"broken.toml", "rank = = 4\n"},
      {"header.toml", "[#ra\n"},
      {"date.toml", "epochs = 2020-01-01\n"},
  };
  for (const auto& [name, content] : files) directory.write(name, content);
}

}  // namespace

void write_sample_files(const TemporaryDirectory& directory) {
  write_tables(directory);
  write_arrays(directory);
  write_bad_arrays(directory);
  write_archives(directory);
  write_bad_weights(directory);
  write_adapters(directory);
  write_weights(directory);
  write_configurations(directory);
  std::filesystem::create_symlink("nowhere.csv", directory.path() / "link.csv");
  std::filesystem::create_directory(directory.path() / "taken");
  directory.write("taken/adapter_model.safetensors",
                  safetensors({{"head.weight", {1, 2}, {0.5F, -1}}}));
}

}  // namespace lora::test
