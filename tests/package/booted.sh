# Run by systemd inside the fresh Debian (fresh_debian.py), as root, with `sh -eux`. /tmp/debs holds the packages.
property() { systemctl show --property "$1" --value autocusto-server; }
# until COMMAND...: true within a minute
until_true() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ $tries -lt 300 ]
    sleep 0.2
  done
}
serves() { systemctl is-active --quiet autocusto-server && [ "$(property MainPID)" != 0 ]; }

# Enabled by the package, started at boot because there is a server in the folder, and confined.
until_true serves
[ "$(property Type)" = notify ]
[ "$(property StatusText)" = "Accepts requests." ]
pid=$(property MainPID)
grep -q '^Seccomp:.2' "/proc/$pid/status"
grep -q '^CapEff:.0000000000000000' "/proc/$pid/status"
systemctl is-active autocusto-server-backup.timer autocusto-server-verify.timer

# As the timers start them.
before=$(ls /var/backups/autocusto | wc -l)
systemctl start autocusto-server-backup.service
[ "$(ls /var/backups/autocusto | wc -l)" -gt "$before" ]
systemctl start autocusto-server-verify.service
[ -z "$(systemctl --failed --no-legend | grep autocusto)" ]

# The watchdog: a server that does not run any more is ended and started again.
mkdir -p /run/systemd/system/autocusto-server.service.d
printf '[Service]\nWatchdogSec=3\nTimeoutAbortSec=1\n' >/run/systemd/system/autocusto-server.service.d/short.conf
systemctl daemon-reload
systemctl restart autocusto-server
pid=$(property MainPID)
kill -STOP "$pid"
other() { serves && [ "$(property MainPID)" != "$pid" ]; }
until_true other
[ "$(property NRestarts)" -ge 1 ]

# An upgrade while it serves; the schema is older than the program, so the server is stopped for it, and started again.
systemctl stop autocusto-server
runuser -u autocusto -- autocusto-server migrate --to 10 --destroy-data --data /var/lib/autocusto
systemctl start autocusto-server && exit 1
before=$(ls /var/backups/autocusto/before-* | wc -l)
DEBIAN_FRONTEND=noninteractive dpkg --install $(ls /tmp/debs/*.deb | grep -v dbgsym)
[ "$(ls /var/backups/autocusto/before-* | wc -l)" -gt "$before" ]
until_true serves
systemctl stop autocusto-server
[ "$(property Result)" = success ]
echo "all as it should be under systemd"
