#include "client/pdf/compose.hpp"

#include <algorithm>
#include <memory>

#include "client/pdf/draw.hpp"
#include "client/pdf/form.hpp"
#include "client/pdf/sheets.hpp"
#include "client/pdf/template.hpp"
#include "client/pdf/values.hpp"

namespace autocusto::pdf {
namespace {

element named(std::string_view box, std::string label) {
  element out;
  out.box = box;
  out.label = std::move(label);
  return out;
}

/// The months and due dates behind a start have to be dates too.
constexpr std::chrono::year k_last_year{2200};

class composer {
 public:
  composer(const print_request& request, composition& out)
      : request_(request), out_(out), table_(request) {}

  void run() {
    if (!usable()) return;
    if (request_.documents.lme || request_.documents.prescriptions) check_rows();
    if (request_.documents.lme) lme();
    if (request_.documents.prescriptions) {
      for (int month = 1; month <= request_.months; ++month) {
        sheets(document_kind::prescription, month);
        sheets(document_kind::controlled, month);
      }
    }
    if (request_.documents.report) letter(document_kind::report, "relatorio", "Relatório");
    if (request_.documents.exams) letter(document_kind::exams, "exames", "Exames");
    for (const auto& chosen : request_.templates) {
      if (chosen.replaces == document_kind::clinic_template)
        from_template(*chosen.form, chosen.replaces);
    }
  }

 private:
  form_painter painter(document_kind kind) {
    return form_painter(out_.pages, out_.problems, kind, request_.draft);
  }

  bool usable() {
    const auto refuse = [this](std::string_view field, std::string detail) {
      painter(document_kind::lme).note(problem_code::bad_request, {}, field, std::move(detail));
    };
    if (!request_.start.ok() || request_.start.year() > k_last_year) {
      painter(document_kind::lme).note(problem_code::bad_start, named("16", "Data"), "start");
    }
    if (request_.months < 1 || request_.months > static_cast<int>(k_max_months)) {
      refuse("months", "são de 1 a 6 meses");
    }
    for (const auto& chosen : request_.templates) {
      const bool letter =
          chosen.replaces == document_kind::report || chosen.replaces == document_kind::exams;
      if (chosen.form == nullptr || letter) refuse("template", "este documento não tem modelo");
    }
    if (request_.rows.size() > k_max_rows) {
      painter(document_kind::lme)
          .note(problem_code::too_many_rows, named("7", "Medicamentos"), "prescricao");
    }
    return out_.problems.empty();
  }

  const form_template* template_for(document_kind kind) const {
    for (const auto& chosen : request_.templates) {
      if (chosen.replaces == kind) return chosen.form.get();
    }
    return nullptr;
  }

  void finished(document_kind kind, int month, int pages_before) {
    if (out_.pages.pages() == pages_before) return;
    out_.documents.push_back({kind, month, pages_before + 1, out_.pages.pages() - pages_before});
  }

  void lme() {
    auto paint = painter(document_kind::lme);
    if (const auto* supplied = template_for(document_kind::lme)) {
      if (request_.rows.size() > supplied->medicine_lines()) {
        paint.note(problem_code::too_many_rows, named("7", "Medicamentos"), "prescricao");
      }
      from_template(*supplied, document_kind::lme);
      return;
    }
    const int before = out_.pages.pages();
    paint.page(find_form("lme"), table_, {});
    finished(document_kind::lme, 0, before);
  }

  void check_rows() {
    auto paint = painter(request_.documents.lme ? document_kind::lme : document_kind::prescription);
    if (request_.rows.empty()) {
      paint.note(problem_code::missing, named("7", "Medicamentos"), "prescricao");
    }
    for (std::size_t m = 0; m < request_.rows.size(); ++m) check_row(paint, m);
  }

  void check_row(form_painter& paint, std::size_t m) {
    const auto& row = request_.rows[m];
    const std::string number = std::to_string(m + 1);
    if (table_.get("med_" + number).text.empty() && table_.get("med_" + number).valid) {
      paint.note(problem_code::missing, named("7", "Medicamento " + number), "med_" + number);
    }
    bool any = false;
    for (int k = 0; k < request_.months; ++k) {
      const std::string field = "qtd_" + number + "_" + std::to_string(k + 1);
      const auto quantity = quantity_of(row.qtd[static_cast<std::size_t>(k)]);
      const std::string label =
          "Quantidade do medicamento " + number + " no mês " + std::to_string(k + 1);
      if (!quantity) paint.note(problem_code::bad_quantity, named("8", label), field);
      any = any || !quantity || *quantity > 0;
    }
    if (!any) {
      paint.note(problem_code::nothing_prescribed,
                 named("8", "Quantidade do medicamento " + number), "qtd_" + number + "_1");
    }
  }

  /// The sheets of one month with the medicines of one kind of paper.
  void sheets(document_kind kind, int month) {
    auto paint = painter(kind);
    const auto items = items_of(request_, table_, paint, kind, month);
    if (items.empty()) return;
    const int before = out_.pages.pages();
    const auto day =
        dates_of_months(request_.start, month, request_.dates)[static_cast<std::size_t>(month - 1)];
    table_.set("data_receita", day ? brazilian_text(*day) : "");
    table_.set("data_em_branco", day ? "" : "sim");
    table_.set("mes", std::to_string(month));
    const bool special = kind == document_kind::controlled;
    if (const auto* supplied = template_for(kind)) {
      template_sheets(*supplied, paint, kind, items);
    } else {
      const auto& form = find_form(special ? "receita-especial" : "receita");
      const auto most = special ? k_controlled_per_sheet : k_max_rows;
      std::vector<flow_sheet> all;
      for (std::size_t from = 0; from < items.size(); from += most) {
        const auto part = std::span(items).subspan(from, std::min(most, items.size() - from));
        for (auto& sheet : spread(blocks_of(part), *form.flow())) all.push_back(std::move(sheet));
      }
      draw_all(paint, form, all);
    }
    finished(kind, month, before);
  }

  void draw_all(form_painter& paint, const form& drawn, const std::vector<flow_sheet>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      table_.set("folha", all.size() == 1 ? ""
                                          : "Folha " + std::to_string(i + 1) + " de " +
                                                std::to_string(all.size()));
      paint.page(drawn, table_, all[i]);
    }
  }

  void template_sheets(const form_template& supplied, form_painter& paint, document_kind kind,
                       const std::vector<sheet_item>& items) {
    auto most = supplied.item_lines();
    if (kind == document_kind::controlled) most = std::min(most, k_controlled_per_sheet);
    if (most == 0) {
      paint.note(problem_code::bad_request, {}, "template",
                 "o modelo não tem linhas para medicamentos");
      return;
    }
    for (std::size_t from = 0; from < items.size(); from += most) {
      table_.clear("item_");
      for (std::size_t i = 0; i < most && from + i < items.size(); ++i) {
        set_item(table_, i + 1, items[from + i]);
      }
      supplied.draw(out_.pages, paint, table_, request_.draft);
    }
    table_.clear("item_");
  }

  void letter(document_kind kind, std::string_view name, std::string label) {
    auto paint = painter(kind);
    const auto& value = table_.get(name);
    const auto box = named("", std::move(label));
    if (!paint.inspect(name, value, box)) return;
    if (value.text.empty()) paint.note(problem_code::missing, box, name);
    const auto& form = find_form(name);
    std::vector<flow_block> blocks;
    if (!value.text.empty()) blocks.push_back({{value.text, false, 0, 0}});
    const int before = out_.pages.pages();
    draw_all(paint, form, spread(blocks, *form.flow()));
    finished(kind, 0, before);
  }

  void from_template(const form_template& supplied, document_kind kind) {
    auto paint = painter(kind);
    const int before = out_.pages.pages();
    supplied.draw(out_.pages, paint, table_, request_.draft);
    finished(kind, 0, before);
  }

  const print_request& request_;
  composition& out_;
  value_table table_;
};

}  // namespace

void compose(const print_request& request, composition& out) {
  composer(request, out).run();
}

}  // namespace autocusto::pdf
