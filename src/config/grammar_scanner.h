#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/grammar_text.h"

namespace assay::config {

/// Reads the words of the override grammar one after the other. Blanks before a delimiter, and after one that opens or
/// separates, belong to it. Errors of all functions: Error(kConfig) as GrammarText::fail.
class GrammarScanner {
 public:
  explicit GrammarScanner(const GrammarText& source) : source_(source), text_(source.text()) {}

  std::size_t position() const { return position_; }
  bool at_end() const { return position_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const { return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0'; }

  void skip_blanks() { position_ = blanks_end(position_); }
  bool take(char c);
  bool take_closing(char c);    ///< with the blanks before it
  bool take_separator(char c);  ///< with the blanks around it

  /// Reads "train.epochs", "train/schedule" or "data".
  std::string read_key();

  /// Reads the part after `@`, which may be empty.
  std::string read_package();

  /// Reads "name" if `delimiter` follows it; otherwise returns "".
  std::string take_name_before(char delimiter);

  /// Returns the name of the function whose call begins here; "" if there is none.
  std::string_view called_name() const;

  /// A piece of unquoted text.
  struct Word {
    std::string text;
    bool is_verbatim = true;  ///< false if an escape or an interpolation makes it certainly text
  };

  Word read_word() { return read_word(false); }
  std::string read_table_key() { return read_word(true).text; }
  std::string read_quoted();

  /// Fails unless everything has been read.
  void expect_end() const;

  /// Fails with the text at this position and a hint that such text needs quotes.
  [[noreturn]] void fail_value(std::string_view expected) const;

 private:
  std::size_t blanks_end(std::size_t position) const;
  std::string_view name() const;
  std::size_t closing_quote(std::size_t opening) const;
  bool skip_dotted_part();
  void skip_dotted_path();
  void skip_group(std::size_t start);
  Word read_word(bool is_key);
  void read_blanks(bool is_key, std::string& text);
  std::string_view read_interpolation();

  const GrammarText& source_;
  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace assay::config
