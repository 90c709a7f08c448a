// What the worst pushes cost beside ordinary ones of their size, on both databases: 1,000 versions
// each. Processor time is that of this program with all its threads, and for PostgreSQL that of the
// cluster's processes too; statements and rows are the store's own counts. Prints one JSON object.
//
//   work_bench [length of a long history] [how many of them]

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "shared/crypto/hash.hpp"
#include "tests/support/postgres_cluster.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sync_world.hpp"

namespace autocusto::test {
namespace {

using testing::a_patient;
using versions = std::vector<domain::version>;
constexpr std::size_t k_push = 1'000;
constexpr std::size_t k_heads = 16;

/// Nanoseconds that all processes below this one have used, ended ones left out.
double nanos_below(int parent) {
  double all = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::string name;
    std::string state;
    int pid = 0;
    int above = 0;
    double nanos = 0;
    if (!(std::ifstream(entry.path() / "stat") >> pid >> name >> state >> above)) continue;
    if (above != parent || !(std::ifstream(entry.path() / "schedstat") >> nanos)) continue;
    all += nanos;
  }
  return all;
}

struct figure {
  std::string name;
  double micros = 0;
  std::int64_t statements = 0;
  std::int64_t rows = 0;
  std::string said;
};

class bench {
 public:
  bench(std::unique_ptr<store::database> db, int postmaster)
      : world_(std::move(db)), postmaster_(postmaster) {}

  std::vector<figure> run(std::size_t length, std::size_t histories) {
    auto first = patients(k_push);
    measure("roots", first);
    measure("edits", edits_of(first));
    const auto fields = patients(k_push);
    take(fields);
    measure("edits with a wrong value, refused", edits_of(fields, "not a weight"));
    measure("one record, each after the one before", chain(next_patient(), k_push));
    measure("one record, each after the sixteen before", crossed());
    measure("one record, beside its newest version", besides(length));
    long_histories("long histories, gone on from their roots", length, histories, reason::beside);
    long_histories("long histories, their values read", length, histories, reason::exempt);
    long_histories("long histories, with proofs", length, histories, reason::proof);
    return std::move(figures_);
  }

 private:
  std::string next_patient() { return nth_cpf(patients_++); }

  versions patients(std::size_t count) {
    versions out;
    for (std::size_t i = 0; i < count; ++i) {
      out.push_back(laptop_.version(a_patient(next_patient()).with("rg", "12.345.678-9")));
    }
    return out;
  }

  versions edits_of(const versions& of, const char* weight = "71") {
    versions out;
    for (const auto& v : of) {
      auto b = a_patient(v.payload.key).after({&v}).with("peso", weight);
      out.push_back(laptop_.version(std::move(b)));
    }
    return out;
  }

  domain::version after(const versions& all, std::size_t from) {
    std::vector<const domain::version*> named;
    for (std::size_t i = from; i < all.size(); ++i) named.push_back(&all[i]);
    std::sort(named.begin(), named.end(), [](auto* a, auto* b) { return a->id < b->id; });
    const std::string rg = std::to_string(all.size());
    return laptop_.version(a_patient(all[0].payload.key).after(named).with("rg", rg.c_str()));
  }

  versions chain(const std::string& patient, std::size_t length) {
    versions out{laptop_.version(a_patient(patient))};
    while (out.size() < length) out.push_back(after(out, out.size() - 1));
    return out;
  }

  /// Sixteen roots, and a chain whose versions name the sixteen before them.
  versions crossed() {
    const auto patient = next_patient();
    versions out;
    while (out.size() < k_push) {
      if (out.size() >= k_heads) {
        out.push_back(after(out, out.size() - k_heads));
      } else {
        out.push_back(laptop_.version(a_patient(patient).salt(out.size())));
      }
    }
    return out;
  }

  /// A line with 14 heads beside it, and what goes on from it: heads stay sixteen at most.
  versions besides(std::size_t length) {
    auto line = chain(next_patient(), length + k_push);
    for (std::size_t from = 0; from < length; from += k_push) {
      static_cast<void>(
          take({line.begin() + static_cast<std::ptrdiff_t>(from),
                line.begin() + static_cast<std::ptrdiff_t>(std::min(length, from + k_push))}));
    }
    versions roots;
    for (std::size_t i = 1; i < k_heads - 1; ++i) {
      const std::string rg = "root " + std::to_string(i);
      roots.push_back(
          laptop_.version(a_patient(line[0].payload.key).salt(i).with("rg", rg.c_str())));
    }
    take(roots);
    return {line.begin() + static_cast<std::ptrdiff_t>(length), line.end()};
  }

  enum class reason { beside, exempt, proof };

  /// Makes the server read whole histories: the last versions of the push go beside what their
  /// records show, or hold a value that may be exempt because an older version has it, or come back
  /// with a proof.
  void long_histories(const char* name, std::size_t length, std::size_t histories, reason why) {
    versions push = patients(k_push - histories);
    for (std::size_t i = 0; i < histories; ++i) {
      const auto line = chain(next_patient(), length);
      take_in_parts(line, length);
      if (why == reason::proof) {
        push.push_back(line.back());
        continue;
      }
      const bool exempt = why == reason::exempt;
      auto b = a_patient(line[0].payload.key).after({exempt ? &line.back() : &line[0]});
      push.push_back(laptop_.version(b.with("peso", exempt ? "not a weight" : "99")));
    }
    push_options options;
    if (why == reason::proof) {
      options.change_request = [this, from = push.size() - histories](wire::push_request& r) {
        for (std::size_t i = from; i < r.versions.size(); ++i) {
          const auto header = domain::decode_header(r.versions[i].raw.header).value();
          const auto id =
              version_id::from_raw(crypto::sha256(r.versions[i].raw.header).raw()).value();
          const auto in = world_.view(laptop_.who.user, header.record.id)->state.incarnation;
          r.versions[i].incarnation = in;
          r.versions[i].proof =
              wire::make_proof(world_.keys.server_secret, laptop_.who.user.id, in, id);
        }
      };
    }
    measure(name, push, options);
  }

  void take_in_parts(const versions& line, std::size_t length) {
    const auto at = [&](std::size_t n) {
      return line.begin() + static_cast<std::ptrdiff_t>(std::min(n, length));
    };
    for (std::size_t from = 0; from < length; from += k_push) take({at(from), at(from + k_push)});
  }

  void take(const versions& what) {
    if (words(world_.push(laptop_, what)).find('_') != std::string::npos) std::abort();
  }

  void measure(const char* name, const versions& what, push_options options = {}) {
    options.id = world_.random->make<push_id>();
    const auto body = world_.push_body(laptop_, what, options);
    const auto counts = world_.db->metrics().written;
    const double below = postmaster_ == 0 ? 0 : nanos_below(postmaster_);
    const auto start = std::clock();
    const auto answer = world_.pushes.push(laptop_.who, body);
    figure f{name, 0, 0, 0, code_of(answer)};
    f.micros = static_cast<double>(std::clock() - start) * 1e6 / CLOCKS_PER_SEC;
    if (postmaster_ != 0) f.micros += (nanos_below(postmaster_) - below) / 1000;
    const auto now = world_.db->metrics().written;
    f.statements = now.statements - counts.statements;
    f.rows = now.rows - counts.rows;
    if (!answer.refusal) laptop_.last_push = options.id;
    figures_.push_back(std::move(f));
  }

  sync_world world_;
  sync_device laptop_ = world_.add_device(world_.add_user("ana@example.org"), "laptop");
  int postmaster_;
  std::size_t patients_ = 1;
  std::vector<figure> figures_;
};

void print(const char* name, const std::vector<figure>& all, bool last) {
  std::printf("  \"%s\": [\n", name);
  for (const auto& f : all) {
    std::printf(
        "    {\"push\": \"%s\", \"cpu_ms\": %.1f, \"times_ordinary\": %.1f, \"statements\": %lld, "
        "\"rows\": %lld, \"answer\": \"%s\"}%s\n",
        f.name.c_str(), f.micros / 1000, f.micros / all[0].micros,
        static_cast<long long>(f.statements), static_cast<long long>(f.rows), f.said.c_str(),
        &f == &all.back() ? "" : ",");
  }
  std::printf("  ]%s\n", last ? "" : ",");
}

int postmaster_of(const std::string& url) {
  const auto folder = postgres_query(url, "SHOW data_directory");
  int pid = 0;
  std::ifstream(folder + "/postmaster.pid") >> pid;
  return pid;
}

}  // namespace

void run_work_bench(std::size_t length, std::size_t histories) {
  const temporary_folder folder("autocusto-work-bench");
  std::printf("{\n  \"length\": %zu, \"histories\": %zu,\n", length, histories);
  print("sqlite",
        bench(store::open_sqlite(folder.path().string(), true, false), 0).run(length, histories),
        false);
  postgres_cluster cluster(true);
  const auto url = cluster.create_database();
  print("postgres", bench(store::open_postgres(url, 4), postmaster_of(url)).run(length, histories),
        true);
  std::printf("}\n");
}

}  // namespace autocusto::test

int main(int argc, char** argv) {
  const auto number = [&](int at, std::size_t usual) {
    return argc > at ? std::strtoul(argv[at], nullptr, 10) : usual;
  };
  autocusto::test::run_work_bench(number(1, 1'000), number(2, 14));
}
