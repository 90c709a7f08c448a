// Forms that a clinic supplies: kept by their hash, pinned by what is printed with them.

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "client/print/reprint.hpp"
#include "client/print/template_folder.hpp"
#include "tests/support/print_world.hpp"
#include "tests/support/small_forms.hpp"

namespace autocusto::printing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* k_map = R"({"fields": [{"field": "Nome", "value": "nome_paciente"}]})";

std::string form_pdf() {
  test::small_form form;
  form.fields = {{"Nome", {50, 700, 500, 730}}, {"Outro", {50, 600, 500, 630}}};
  return test::small_form_pdf(form);
}

struct templates : ::testing::Test {
  test::print_world here;
  std::string process = here.add_process("11144477735");
  template_folder folder{here.ana.home()};

  kept_template add(pdf::document_kind replaces = pdf::document_kind::clinic_template) {
    auto kept = folder.add("termo.pdf", form_pdf(), k_map, replaces);
    if (!kept) throw error_exception(kept.error());
    return *std::move(kept);
  }
  order with(const kept_template& one) {
    auto out = here.order(process);
    out.how.templates.push_back(folder.load(one.id).value());
    out.form = one.id;
    return out;
  }
  fs::path file() const {
    return fs::directory_iterator(fs::path(here.ana.home()) / "templates")->path();
  }
};

TEST_F(templates, are_kept_once_and_found_by_the_start_of_their_id) {
  const auto kept = add();
  EXPECT_EQ(kept.pages, 1U);
  EXPECT_THAT(kept.unknown_fields, ElementsAre("Outro"));
  EXPECT_EQ(add().id, kept.id);
  ASSERT_THAT(folder.list(), SizeIs(1));
  EXPECT_EQ(folder.list()[0].name, "termo.pdf");
  EXPECT_EQ(folder.find(kept.id.substr(0, 4)).value(), kept.id);
  EXPECT_EQ(folder.find(kept.id.substr(0, 3)).error().code, errc::not_found);
  EXPECT_NE(add(pdf::document_kind::lme).id, kept.id);
  EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(templates, refuse_what_is_no_form_or_can_stand_for_nothing) {
  EXPECT_FALSE(folder.add("x", "no PDF", k_map, pdf::document_kind::lme));
  EXPECT_FALSE(folder.add("x", form_pdf(), "no map", pdf::document_kind::lme));
  EXPECT_EQ(folder.add("x", form_pdf(), k_map, pdf::document_kind::report).error().code,
            errc::invalid_field);
  EXPECT_THAT(folder.list(), IsEmpty());
}

TEST_F(templates, are_printed_pinned_and_reprinted) {
  const auto kept = add();
  const auto plain = here.issue(here.order(process));
  const auto drawn = here.issue(with(kept));
  EXPECT_EQ(drawn.pages, plain.pages + 1);
  EXPECT_EQ(drawn.made.form, kept.id);
  EXPECT_THAT(test::text_of_pdf(drawn.pdf), HasSubstr("Fundo"));
  const auto source = [this](std::string_view id) { return folder.load(id); };
  const auto again = reprint(here.ana->read(), here.last.emission, *here.catalogue, source);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->pdf, drawn.pdf);
  EXPECT_FALSE(reprint(here.ana->read(), here.last.emission, *here.catalogue));
  ASSERT_TRUE(folder.remove(kept.id));
  EXPECT_EQ(reprint(here.ana->read(), here.last.emission, *here.catalogue, source).error().code,
            errc::not_found);
}

TEST_F(templates, that_were_changed_are_not_used) {
  const auto kept = add();
  std::string whole;
  {
    std::ifstream in(file(), std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(in), {});
  }
  whole.back() = static_cast<char>(whole.back() + 1);
  std::ofstream(file(), std::ios::binary | std::ios::trunc) << whole;
  EXPECT_EQ(folder.load(kept.id).error().code, errc::hash_mismatch);
  EXPECT_THAT(folder.list(), IsEmpty());
  EXPECT_EQ(folder.load("../../../etc/pass").error().code, errc::not_found);
  folder.remove_all();
  EXPECT_FALSE(fs::exists(fs::path(here.ana.home()) / "templates"));
}

}  // namespace
}  // namespace autocusto::printing
