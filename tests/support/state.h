// The state of an object, kept in memory.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lora/core/matrix.h"
#include "lora/core/state.h"
#include "support/catch.h"

namespace lora::test {

/// Everything that a state visitor is shown, to the last bit.
struct State {
  std::map<std::string, Matrix> matrices;
  std::map<std::string, double> numbers;
  std::map<std::string, std::int64_t> wholes;
  std::map<std::string, std::string> texts;
};

/// Writes a state down.
class StateWriter : public StateVisitor {
 public:
  explicit StateWriter(State& state) : state_(state) {}
  void matrix(const std::string& name, Matrix& value) override {
    add(state_.matrices, name, value);
  }
  void number(const std::string& name, double& value) override { add(state_.numbers, name, value); }
  void whole(const std::string& name, std::int64_t& value) override {
    add(state_.wholes, name, value);
  }
  void text(const std::string& name, std::string& value) override {
    add(state_.texts, name, value);
  }

 private:
  template <class Map, class Value>
  void add(Map& map, const std::string& name, const Value& value) {
    CAPTURE(name);
    CHECK(map.emplace(name, value).second);  // no name comes twice
  }

  State& state_;
};

/// Puts a state back.
class StateReader : public StateVisitor {
 public:
  explicit StateReader(const State& state) : state_(state) {}
  void matrix(const std::string& name, Matrix& value) override { value = state_.matrices.at(name); }
  void number(const std::string& name, double& value) override { value = state_.numbers.at(name); }
  void whole(const std::string& name, std::int64_t& value) override {
    value = state_.wholes.at(name);
  }
  void text(const std::string& name, std::string& value) override { value = state_.texts.at(name); }

 private:
  const State& state_;
};

}  // namespace lora::test
