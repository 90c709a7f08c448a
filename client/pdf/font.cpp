#include "client/pdf/font.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <unordered_map>

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_ADVANCES_H

#include "client/pdf/font_bytes.hpp"
#include "shared/domain/text.hpp"
#include "shared/domain/validate.hpp"
#include "shared/json/text.hpp"

namespace autocusto::pdf {
namespace {

class loaded_face {
 public:
  loaded_face(FT_Library library, std::span<const unsigned char> bytes) {
    if (FT_New_Memory_Face(library, bytes.data(), static_cast<FT_Long>(bytes.size()), 0, &face_) !=
        0) {
      throw std::runtime_error("the font that is compiled in cannot be read");
    }
    FT_UInt index = 0;
    for (FT_ULong point = FT_Get_First_Char(face_, &index); index != 0;
         point = FT_Get_Next_Char(face_, point, &index)) {
      FT_Fixed advance = 0;
      if (FT_Get_Advance(face_, index, FT_LOAD_NO_SCALE, &advance) != 0) continue;
      const glyph found{index, static_cast<double>(advance) / face_->units_per_EM};
      if (point < near_.size()) {
        near_[point] = found;
      } else {
        far_[static_cast<char32_t>(point)] = found;
      }
    }
  }

  [[nodiscard]] std::optional<glyph> find(char32_t point) const {
    if (point < near_.size()) {
      return near_[point].index != 0 ? std::optional(near_[point]) : std::nullopt;
    }
    const auto at = far_.find(point);
    return at == far_.end() ? std::nullopt : std::optional(at->second);
  }
  [[nodiscard]] FT_Face get() const { return face_; }

 private:
  FT_Face face_ = nullptr;  // never freed: Cairo's cache refers to it
  std::array<glyph, 0x250> near_{};
  std::unordered_map<char32_t, glyph> far_;
};

const loaded_face& loaded(face which) {
  // Never destroyed, for the same reason.
  static const auto& faces = *[] {
    FT_Library library = nullptr;
    if (FT_Init_FreeType(&library) != 0) throw std::runtime_error("FreeType does not start");
    return new std::array<loaded_face, 2>{loaded_face(library, regular_font_bytes()),
                                          loaded_face(library, bold_font_bytes())};
  }();
  return faces[which == face::bold ? 1 : 0];
}

}  // namespace

std::optional<glyph> find_glyph(face which, char32_t point) {
  return loaded(which).find(point);
}

double text_width(face which, double size, std::string_view text) {
  const auto& from = loaded(which);
  double sum = 0;
  while (!text.empty()) {
    if (const auto found = from.find(take_code_point(text))) sum += found->advance;
  }
  return sum * size;
}

char32_t take_code_point(std::string_view& text) {
  const auto byte = [&text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t out = size == 1 ? lead : lead & (0x7Fu >> size);
  for (std::size_t i = 1; i < size && i < text.size(); ++i) out = (out << 6) | (byte(i) & 0x3Fu);
  text.remove_prefix(std::min(size, text.size()));
  return out;
}

std::optional<std::string> drawable_text(std::string_view text) {
  if (json::invalid_utf8_at(text)) return std::nullopt;
  const auto composed = domain::to_nfc(text);
  if (!composed) return std::nullopt;
  std::string out;
  std::string_view left = *composed;
  while (!left.empty()) {
    const auto* begin = left.data();
    const char32_t point = take_code_point(left);
    if (point == '\n' || point == 0x2028 || point == 0x2029) {
      while (!out.empty() && out.back() == ' ') out.pop_back();
      out += '\n';
    } else if (point == ' ' || point == '\t' || point == 0xA0 ||
               (point >= 0x2000 && point <= 0x200A) || point == 0x202F || point == 0x205F ||
               point == 0x3000) {
      if (!out.empty() && out.back() != ' ' && out.back() != '\n') out += ' ';
    } else if (!domain::is_control_point(static_cast<std::int32_t>(point))) {
      out.append(begin, left.data());
    }
  }
  const auto last = out.find_last_not_of(" \n");
  out.resize(last == std::string::npos ? 0 : last + 1);
  out.erase(0, out.find_first_not_of('\n') == std::string::npos ? 0 : out.find_first_not_of('\n'));
  return out;
}

namespace {

/// Hebrew, Arabic and their relatives. Lines are drawn from left to right only, so the font's
/// Hebrew letters would come out in the wrong order.
bool runs_to_the_left(char32_t point) {
  return (point >= 0x0590 && point <= 0x08FF) || (point >= 0xFB1D && point <= 0xFDFF) ||
         (point >= 0xFE70 && point <= 0xFEFF) || (point >= 0x10800 && point <= 0x10FFF) ||
         (point >= 0x1E800 && point <= 0x1EFFF);
}

}  // namespace

std::vector<std::string> missing_glyphs(std::string_view drawable) {
  std::vector<std::string> out;
  while (!drawable.empty()) {
    const char32_t point = take_code_point(drawable);
    const bool known = find_glyph(face::regular, point) && find_glyph(face::bold, point);
    if (point == '\n' || (known && !runs_to_the_left(point))) continue;
    std::array<char, 16> name{};
    std::snprintf(name.data(), name.size(), "U+%04X", static_cast<unsigned>(point));
    if (std::find(out.begin(), out.end(), name.data()) == out.end()) out.emplace_back(name.data());
  }
  return out;
}

FT_FaceRec_* freetype_face(face which) {
  return loaded(which).get();
}

}  // namespace autocusto::pdf
