#pragma once
// Dies in the middle: an SQLite file layer that ends this process by SIGKILL at a chosen write.
//
// For child processes of crash tests. What was written before stays in the files, as after a kill
// of the real program; nothing of what SQLite would do at its end is done.

namespace autocusto::test {

/// From here on the n-th (from 1) write, sync or truncation of any database file of this process is
/// not done; the process dies instead. Call it once.
void die_at_write(int n);

}  // namespace autocusto::test
