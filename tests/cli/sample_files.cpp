#include "cli/sample_files.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

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
      {"newclass.csv", "x1,x2,label\n1,2,7\n"},
      {"words.csv", "x1,x2,label\n1,2,cat\n2,1,dog\n"},
      {"empty.csv", ""},
      {"header.csv", "x1,x2,y\n"},
      {"one.csv", "x1,x2,y\n1,2,3\n"},
      {"ragged.csv", "x1,x2,y\n1,2,3\n1,2\n"},
      {"word.csv", "x1,x2,y\n1,2,3\n1,abc,3\n"},
      {"hole.csv", "x1,x2,y\n1,,3\n"},
      {"nan.csv", "x1,x2,y\nnan,2,3\n"},
      {"huge.csv", "x1,x2,y\n1e39,2,3\n"},
  };
  for (const auto& [name, content] : tables) directory.write(name, content);
}

void write_arrays(const TemporaryDirectory& directory) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::string x = npy("(4, 2)", {1, 2, 2, 1, 0, 1, 3, 3});
  directory.write("x.npy", x);
  directory.write("cut.npy", x.substr(0, x.size() - 5));
  directory.write("y.npy", npy("(4,)", {0.5, 1, 2, 1}));
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
  directory.write("nobias.safetensors", safetensors({{"head.weight", {1, 2}, {0.5F, -1}}}));
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
      {"date.toml", "epochs = 2020-01-01\n"},
  };
  for (const auto& [name, content] : files) directory.write(name, content);
}

}  // namespace

void write_sample_files(const TemporaryDirectory& directory) {
  write_tables(directory);
  write_arrays(directory);
  write_weights(directory);
  write_configurations(directory);
  std::filesystem::create_directory(directory.path() / "taken");
  directory.write("taken/adapter_model.safetensors",
                  safetensors({{"head.weight", {1, 2}, {0.5F, -1}}}));
}

}  // namespace lora::test
