// What concerns this laptop: language, lock, passphrase, device, quit, wipe.
import { useState } from 'preact/hooks';
import { call, CallError, type Status } from '../api';
import { formatCount, formatTime } from '../logic/format';
import { errorText, Problem, Title, useLoaded } from '../parts/common';
import { ask, say } from '../parts/dialog';
import { LanguageSwitch } from '../parts/language';
import { live, session, trouble, useStore } from '../store';
import { t, tn } from '../texts';
import { lockPage } from '../typing';
import { ProfilesSetting } from './profiles';
import { AccountName, newPassphraseProblem, PassphraseField } from './entry';

const IDLE_CHOICES = [1, 2, 5, 10, 15, 30, 60];

function IdleSetting({ minutes, reload }: { minutes: number; reload: () => void }) {
  const choose = async (value: number) => {
    try {
      await call('/api/settings', { idle_minutes: value });
      say(t('saved_setting'));
      reload();
    } catch (e) {
      say(errorText(e), true);
    }
  };
  const choices = IDLE_CHOICES.includes(minutes) ? IDLE_CHOICES : [...IDLE_CHOICES, minutes].sort((a, b) => a - b);
  return (
    <section aria-labelledby="idle">
      <h2 id="idle">{t('idle_title')}</h2>
      <div class="field">
        <label for="idle-minutes">{t('idle_label')}</label>
        <select id="idle-minutes" value={String(minutes)} onChange={(e) => void choose(Number(e.currentTarget.value))}>
          {choices.map((n) => (
            <option key={n} value={String(n)}>
              {tn('minute', 'minutes', n)}
            </option>
          ))}
        </select>
      </div>
      <button type="button" class="secondary" onClick={() => void lockPage()}>
        {t('lock_now')}
      </button>
    </section>
  );
}

function PassphraseForm() {
  const [old, setOld] = useState('');
  const [first, setFirst] = useState('');
  const [second, setSecond] = useState('');
  const [oldWrong, setOldWrong] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const change = async (event: Event) => {
    event.preventDefault();
    const problem = newPassphraseProblem(first, second);
    setWrong(problem);
    setOldWrong(null);
    if (problem) return;
    setBusy(true);
    try {
      await call('/api/passphrase', { old, new: first });
      say(t('passphrase_changed'));
      setOld('');
      setFirst('');
      setSecond('');
    } catch (e) {
      if (e instanceof CallError && e.field === 'old') setOldWrong(errorText(e));
      else setWrong(errorText(e));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section aria-labelledby="passphrase">
      <h2 id="passphrase">{t('change_passphrase')}</h2>
      <form onSubmit={(e) => void change(e)}>
        <AccountName />
        <PassphraseField label={t('old_passphrase')} value={old} onInput={setOld} wrong={oldWrong} autocomplete="current-password" />
        <PassphraseField label={t('new_passphrase')} value={first} onInput={setFirst} hint={t('choose_passphrase_hint')} autocomplete="new-password" />
        <PassphraseField label={t('repeat_passphrase')} value={second} onInput={setSecond} wrong={wrong} autocomplete="new-password" />
        <button type="submit" class="secondary" disabled={busy} aria-busy={busy}>
          {t('change_passphrase')}
        </button>
      </form>
    </section>
  );
}

function DeviceFacts({ status }: { status: Status }) {
  const rows: [string, string][] = [
    [t('user'), status.user],
    [t('device'), status.device_name],
    [t('server'), status.server],
    [t('record_count'), formatCount(status.records)],
    [t('version'), status.version],
  ];
  const quit = async () => {
    if (!(await ask({ text: t('quit_text'), yes: t('quit') }))) return;
    try {
      await call('/api/quit', {});
    } catch (e) {
      // Without an answer the program is gone already; refused, it goes on.
      if (!(e instanceof CallError) || e.code !== 'gone') return say(errorText(e), true);
    }
    session.set(null);
    trouble.set('ended');
  };
  return (
    <section aria-labelledby="device">
      <h2 id="device">{t('this_device')}</h2>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="secondary" onClick={() => void quit()}>
        {t('quit')}
      </button>
    </section>
  );
}

/// When data have left the sealed folder.
function Exports({ status }: { status: Status }) {
  if (status.exports.length === 0) return null;
  return (
    <details>
      <summary>{t('exports_title')}</summary>
      <ul>
        {status.exports.map((e) => (
          <li key={e.at}>
            {formatTime(e.at)} · {tn('found_one', 'found_many', e.records, formatCount(e.records))}
          </li>
        ))}
      </ul>
    </details>
  );
}

function WipeForm() {
  const [passphrase, setPassphrase] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const pending = useStore(live)?.pending ?? 0;
  const wipe = async (event: Event) => {
    event.preventDefault();
    if (passphrase === '') {
      setWrong(t('wipe_passphrase_missing'));
      return;
    }
    if (!(await ask({ title: t('wipe_title'), text: t('wipe_text'), yes: t('wipe_do'), danger: true }))) return;
    setBusy(true);
    try {
      await call('/api/wipe', { sure: true, passphrase });
    } catch (e) {
      setWrong(errorText(e));
    } finally {
      setPassphrase('');
      setBusy(false);
    }
  };
  return (
    <section aria-labelledby="wipe" class="danger-zone">
      <h2 id="wipe">{t('wipe_title')}</h2>
      <p>{t('wipe_text')}</p>
      {pending > 0 && <p class="wrong">{t('wipe_waiting', { n: formatCount(pending) })}</p>}
      <form noValidate onSubmit={(e) => void wipe(e)}>
        <AccountName />
        <PassphraseField label={t('passphrase')} value={passphrase} onInput={setPassphrase} hint={t('wipe_passphrase_hint')} wrong={wrong} autocomplete="current-password" />
        <button type="submit" class="danger" disabled={busy} aria-busy={busy}>
          {t('wipe_do')}
        </button>
      </form>
    </section>
  );
}

export function SettingsScreen() {
  const { value, problem, reload } = useLoaded(() => call<Status>('/api/status', undefined, true), 0);
  return (
    <>
      <Title>{t('settings')}</Title>
      {problem && <Problem text={problem} onRetry={reload} />}
      <ProfilesSetting />
      <LanguageSwitch />
      {value && <IdleSetting minutes={value.idle_minutes} reload={reload} />}
      <PassphraseForm />
      {value && <DeviceFacts status={value} />}
      {value && <Exports status={value} />}
      <WipeForm />
    </>
  );
}
