#include "client/print/process_acts.hpp"

#include <utility>

#include "shared/domain/record_kind.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::printing {
namespace {

error no_reason() {
  return fail(errc::usage, "Say why, in a sentence.", "situacao_motivo");
}

replica::edit closing(const replica::record_shown& shown, const std::string& reason) {
  replica::edit edit;
  edit.kind = "process";
  edit.key = shown.key;
  edit.fields = {{"situacao", std::string("encerrado")}, {"situacao_motivo", reason}};
  edit.draft = shown.version.status == domain::version_status::draft;
  edit.expect = replica::edit::start{shown.version.id};
  return edit;
}

}  // namespace

error without_line(error e) {
  if (!e.message.starts_with("Line ")) return e;
  const auto colon = e.message.find(": ");
  if (colon != std::string::npos) e.message.erase(0, colon + 2);
  return e;
}

result<replica::saved> close_process(const replica::reader& reader, replica::editor& editor,
                                     const std::string& process, const std::string& reason) {
  if (domain::is_blank(reason)) return no_reason();
  const auto shown = reader.show("process", process);
  if (!shown) return shown.error();
  return editor.save(closing(*shown, reason));
}

result<std::vector<replica::saved>> recode_process(const replica::reader& reader,
                                                   replica::editor& editor,
                                                   const std::string& process,
                                                   const std::string& cid,
                                                   const std::string& reason) {
  if (domain::is_blank(reason)) return no_reason();
  const auto shown = reader.show("process", process);
  if (!shown) return shown.error();
  if (shown->conflict) {
    return fail(errc::conflict_open,
                "Versions of the process stand side by side; resolve the conflict first.",
                "processo");
  }
  replica::edit fresh;
  fresh.kind = "process";
  fresh.key = domain::patient_of_key(shown->key) + '/' + cid;
  fresh.fields = shown->fields;
  const auto* kind = domain::find_record_kind("process");
  std::erase_if(fresh.fields, [kind](const auto& field) {
    return kind->find(field.first) == nullptr;  // a newer program's, which nobody may enter here
  });
  fresh.fields["situacao"] = std::string("ativo");
  fresh.fields["situacao_motivo"] = std::string();
  fresh.summary = "Recodificado; antes " + domain::cid_of_key(shown->key);
  fresh.draft = shown->version.status == domain::version_status::draft;
  fresh.expect = replica::edit::start{};
  const std::vector<replica::edit> both{std::move(fresh), closing(*shown, reason)};
  auto saved = editor.save_all(both);
  if (!saved) return without_line(saved.error());
  return saved;
}

result<replica::saved> mark_emission(const replica::reader& reader, replica::editor& editor,
                                     const std::string& emission,
                                     const domain::field_map& state_and_note,
                                     replica::edit_problems* why) {
  const auto shown = reader.show("emission", emission);
  if (!shown) return shown.error();
  replica::edit edit;
  edit.kind = "emission";
  edit.key = shown->key;
  for (const auto* name : {"situacao", "nota"}) {
    const auto at = state_and_note.find(name);
    if (at != state_and_note.end()) edit.fields[name] = at->second;
  }
  edit.expect = replica::edit::start{shown->version.id};
  return editor.save(edit, why);
}

}  // namespace autocusto::printing
