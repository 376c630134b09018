// A page of HTML that needs nothing beside itself.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lora {

/// Its parts stand in the order in which they are added. Every text is escaped.
class HtmlPage {
 public:
  /// Rows of cells; the first row is the head.
  using Table = std::vector<std::vector<std::string>>;

  explicit HtmlPage(std::string title) : title_(std::move(title)) {}

  void heading(const std::string& text);
  void paragraph(const std::string& text);

  /// Names, and what is said of each.
  void facts(const std::vector<std::pair<std::string, std::string>>& facts);

  /// Cells are aligned to the right but for those of the first column.
  void table(const Table& table);

  /// Counts by row and column, with the classes' names: the larger a count's share of its row, the
  /// darker its cell.
  void confusion(const std::vector<std::string>& names,
                 const std::vector<std::vector<double>>& counts);

  /// Text as it stands, such as a command.
  void code(const std::string& text);

  /// An <svg> element.
  void picture(const std::string& svg);

  /// What follows can be folded away, up to end_details(); at first it is.
  void begin_details(const std::string& summary);
  void end_details();

  std::string text() const;

 private:
  std::string title_;
  std::string body_;
};

/// Bars of these heights, as a small <svg> element.
std::string svg_bars(const std::vector<double>& heights);

}  // namespace lora
