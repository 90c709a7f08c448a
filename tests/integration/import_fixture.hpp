#pragma once
// What the tests of whole imports share: a small legacy database, an empty store of either kind,
// and what its users see. One thread, but for the writers of an import.

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/auth/enrollment.hpp"
#include "server/intake/intake.hpp"
#include "server/local/socket.hpp"
#include "server/store/database.hpp"
#include "server/store/feed.hpp"
#include "server/store/people.hpp"
#include "server/store/placeholder.hpp"
#include "server/store/records.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "server/sync/acts.hpp"
#include "server/sync/changes_service.hpp"
#include "server/sync/verify.hpp"
#include "shared/crypto/random.hpp"
#include "shared/crypto/sign.hpp"
#include "tests/contract/backend.hpp"
#include "tests/support/legacy_source.hpp"
#include "tests/support/postgres_cluster.hpp"
#include "tests/support/process.hpp"
#include "tools/import/run.hpp"

namespace autocusto::test {

// A statement that begins with the word itself would be taken for a module.
namespace legacy = autocusto::import;

inline const std::string k_tenant(32, 't');
inline const std::string k_secret(32, 's');
inline constexpr const char* k_cpf = "11144477735";
inline constexpr const char* k_cpf_2 = "52998224725";

/// Stops a run after some batches, as if it was killed.
class interrupted_writer final : public intake::import_writer {
 public:
  interrupted_writer(store::database& in, int batches, int parallelism = 1)
      : inner_(intake::open_import_writer(in, parallelism)), left_(batches) {}
  [[nodiscard]] int parallelism() const override { return inner_->parallelism(); }
  result<intake::run_state> begin(const intake::run_start& s) override { return inner_->begin(s); }
  result<std::vector<intake::account_outcome>> add_accounts(
      store::pk run, const std::vector<intake::account>& accounts) override {
    return inner_->add_accounts(run, accounts);
  }
  result<intake::counts> apply(const intake::batch& what,
                               const intake::commit_order& wait) override {
    if (left_-- == 0) return fail(errc::unavailable, "cut");
    return inner_->apply(what, wait);
  }
  result<intake::counts> finish(const intake::run_end& end) override { return inner_->finish(end); }
  result<intake::rollback_report> rollback(const intake::rollback_request& r) override {
    return inner_->rollback(r);
  }

 private:
  std::unique_ptr<intake::import_writer> inner_;
  std::atomic<int> left_;
};

class import_on_both : public contract {
 protected:
  import_on_both() {
    db_->write([](store::transaction& tx) { auth::create_installation(tx, server_id{}, 1); });
    sql(legacy_patient(1, k_cpf, 1, "de A") +
        "INSERT INTO pacientes_paciente_usuarios VALUES (90, 1, 2);" +
        legacy_edit(2, 1, 2, 2, "de B") +
        "INSERT INTO pacientes_pacienteusuarioversion VALUES (90, '2025-08-02Z', 90, 2);");
  }

  void sql(const std::string& text) { postgres_query(source_, text); }

  legacy::run_outcome run(intake::import_writer* writer, bool dry = false) {
    legacy::connection from(source_);
    const auto of = legacy::detect(legacy::read_columns(from), "");
    if (!of) throw error_exception(of.error());
    legacy::run_options options;
    options.source = source_name_;
    options.dry_run = dry;
    options.keys = {k_tenant, k_secret};
    options.now = ++now_;
    return legacy::run_import(from, *of, *db_, writer, options);
  }
  legacy::run_outcome run() { return run(intake::open_import_writer(*db_).get()); }

  intake::rollback_report take_back(store::pk run, bool except_used = false) {
    return intake::open_import_writer(*db_)->rollback({run, except_used, ++now_}).value();
  }

  store::user_row user(const std::string& email) {
    return read([&](store::people::reads people) { return people.user_by_email(email).value(); });
  }
  std::vector<store::view_row> views(const std::string& email) {
    const auto owner = user(email).key;
    return read([&](store::snapshot& snapshot) {
      auto all = store::views::reads(snapshot).views_after(0, 100);
      std::erase_if(all, [&](const auto& v) { return v.user != owner; });
      return all;
    });
  }
  /// The name in the shown version of each of the user's records, by key.
  std::map<std::string, std::string> shown(const std::string& email) {
    std::map<std::string, std::string> out;
    for (const auto& view : views(email)) {
      read([&](store::snapshot& snapshot) {
        store::versions::reads versions(snapshot);
        const version_id ids[] = {view.active.value()};
        const store::pk keys[] = {versions.version_keys(ids).at(ids[0])};
        const auto record =
            store::records::reads(snapshot).records_by_pk(std::array{view.record}).at(0);
        const auto payload =
            domain::decode_payload(versions.versions(keys).at(0).payload.value(), record.kind)
                .value();
        const auto* name = name_fields().at(record.kind);
        out[payload.key] = domain::value_text(payload.fields.at(name));
        return 0;
      });
    }
    return out;
  }
  /// What tells versions of a kind apart.
  static const std::map<std::string, const char*>& name_fields() {
    static const std::map<std::string, const char*> all{{"patient", "nome_paciente"},
                                                        {"clinic", "nome_clinica"},
                                                        {"doctor", "nome_medico"},
                                                        {"process", "anamnese"}};
    return all;
  }
  /// Everything that an import touches, but for keys, runs and times.
  std::string picture() {
    std::string out;
    read([&](store::snapshot& snapshot) {
      std::set<std::string> lines;
      for (const auto& u : store::people::reads(snapshot).all_users()) {
        lines.insert(u.email + u.id.text() + (u.enabled ? "+" : "-") +
                     store::feed::reads(snapshot).head(u.key).chain.text());
      }
      for (const auto& v : store::versions::reads(snapshot).versions_after(0, 1000)) {
        lines.insert(v.id.text() + std::to_string(v.number));
      }
      for (const auto& w : store::views::reads(snapshot).views_after(0, 1000)) {
        lines.insert(w.state.incarnation.text() + (w.open ? "open" : "closed") +
                     w.active.value_or(version_id{}).text());
      }
      for (const auto& line : lines) out += line + "\n";
      return 0;
    });
    return out;
  }
  /// What users could see of it: accounts, views and feeds.
  std::string picture_of_users() {
    std::string out;
    read([&](store::snapshot& snapshot) {
      for (const auto& u : store::people::reads(snapshot).all_users()) {
        out += u.email + (u.enabled ? "+" : "-") +
               store::feed::reads(snapshot).head(u.key).chain.text() + "\n";
      }
      for (const auto& w : store::views::reads(snapshot).views_after(0, 1000)) {
        out += w.state.incarnation.text() + w.active.value_or(version_id{}).text() + "\n";
      }
      return 0;
    });
    return out;
  }
  /// The version of the patient that the user is shown.
  version_id shown_id(const std::string& email) {
    for (const auto& view : views(email)) {
      const auto kind = read([&](store::records::reads records) {
        return records.records_by_pk(std::array{view.record}).at(0).kind;
      });
      if (kind == "patient") return view.active.value();
    }
    return {};
  }
  void expect_clean() {
    read([&](store::snapshot& snapshot) {
      sync::verify_options options;
      options.tenant_key = k_tenant;
      const auto found = sync::verify(snapshot, options);
      for (const auto& f : found.findings) ADD_FAILURE() << f.what << " " << f.where;
      return 0;
    });
  }
  /// A new laptop of the user asks for the first page.
  void pull(const std::string& email, std::int64_t limit = 1000) {
    store::session_owner who;
    who.user = user(email);
    db_->write([&](store::people::writes people) {
      who.device.id = crypto::system_random().make<device_id>();
      who.device.user = who.user.key;
      who.device.name = "laptop";
      who.device.public_key = std::string(32, 'k');
      who.device.key = people.add_device(who.device);
    });
    const auto signing = crypto::signing_key::generate(crypto::system_random());
    const sync::sync_keys keys{server_id{}, k_tenant, k_secret, &signing};
    ASSERT_TRUE(sync::changes_service(*db_, keys).changes(who, {}, limit));
  }

  std::string source_ = make_legacy_source();
  std::string source_name_ = "legado";
  unix_millis now_ = 1000;
};

}  // namespace autocusto::test
