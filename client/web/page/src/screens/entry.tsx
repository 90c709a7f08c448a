// Before anything of a record is shown: enrolling, unlocking, and why the page cannot go on.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { call, CallError } from '../api';
import { formatTime } from '../logic/format';
import { errorText, Title } from '../parts/common';
import { ask } from '../parts/dialog';
import { LanguageSwitch } from '../parts/language';
import { loadSession } from '../session';
import { session } from '../store';
import { t } from '../texts';

function Card({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="entry">
      <article>
        <p class="brand" aria-hidden="true">AutoCusto</p>
        <Title>{title}</Title>
        {children}
        <LanguageSwitch />
      </article>
    </main>
  );
}

export function UnlinkedScreen() {
  return (
    <Card title={t('unlinked_title')}>
      <p>{t('unlinked_text')}</p>
    </Card>
  );
}

export function GoneScreen() {
  return (
    <Card title={t('gone_title')}>
      <p>{t('gone_text')}</p>
    </Card>
  );
}

export function PassphraseField(p: {
  label: string;
  value: string;
  onInput: (text: string) => void;
  hint?: string | undefined;
  wrong?: string | null | undefined;
  autocomplete: 'current-password' | 'new-password';
  focus?: boolean;
}) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (p.focus) input.current?.focus();
  }, [p.focus]);
  return (
    <div class="field">
      <label for={id}>{p.label}</label>
      <input
        ref={input}
        id={id}
        type="password"
        required
        value={p.value}
        autocomplete={p.autocomplete}
        aria-describedby={`${id}-hint`}
        {...(p.wrong ? { 'aria-invalid': 'true' as const } : {})}
        onInput={(e) => p.onInput(e.currentTarget.value)}
      />
      <small id={`${id}-hint`} class={p.wrong ? 'wrong' : ''}>
        {p.wrong ?? p.hint ?? ''}
      </small>
    </div>
  );
}

/// For programs that fill in passwords: there is one account on each laptop.
export function AccountName() {
  return <input type="text" autocomplete="username" value="AutoCusto" readOnly hidden />;
}

/// Counts the seconds down after too many wrong passphrases.
function useCountdown(): [number, (seconds: number) => void] {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (left <= 0) return undefined;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return [left, setLeft];
}

/// Begins anew without the passphrase: a word from the program's own window shows who asks.
function ForgottenForm() {
  const [word, setWord] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const wipe = async (event: Event) => {
    event.preventDefault();
    const typed = word.trim().toLowerCase();
    if (typed === '') {
      setWrong(t('wipe_word_missing'));
      return;
    }
    const sure = await ask({ title: t('wipe_title'), text: t('wipe_text'), yes: t('wipe_do'), danger: true });
    if (!sure) return;
    try {
      await call('/api/wipe', { sure: true, word: typed });
      await loadSession();
    } catch (e) {
      setWrong(errorText(e));
    }
  };
  return (
    <form onSubmit={(e) => void wipe(e)}>
      <div class="field">
        <label for="wipe-word">{t('wipe_word_label')}</label>
        <input
          id="wipe-word"
          type="text"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={word}
          aria-describedby="wipe-word-hint"
          {...(wrong ? { 'aria-invalid': 'true' as const } : {})}
          onInput={(e) => setWord(e.currentTarget.value)}
        />
        <small id="wipe-word-hint" class={wrong ? 'wrong' : ''} role="status">
          {wrong ?? t('wipe_word_hint')}
        </small>
      </div>
      <button type="submit" class="danger">
        {t('wipe_do')}
      </button>
    </form>
  );
}

export function UnlockScreen() {
  const [passphrase, setPassphrase] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [forgotten, setForgotten] = useState(false);
  const [left, setLeft] = useCountdown();
  const unlock = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setWrong(null);
    try {
      await call('/api/unlock', { passphrase });
      setPassphrase('');
      await loadSession();
    } catch (e) {
      setPassphrase('');
      setWrong(errorText(e));
      if (e instanceof CallError && e.code === 'busy' && e.limit) setLeft(e.limit);
      if (e instanceof CallError && e.code === 'not_enrolled') await loadSession();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title={t('locked_title')}>
      <p>{t('locked_text')}</p>
      <form onSubmit={(e) => void unlock(e)}>
        <AccountName />
        <PassphraseField
          label={t('passphrase')}
          value={passphrase}
          onInput={setPassphrase}
          wrong={left > 0 ? t('wait_seconds', { n: left }) : wrong}
          autocomplete="current-password"
          focus
        />
        <div role="alert" class="hidden-visually">{wrong ?? ''}</div>
        <button type="submit" disabled={busy || left > 0} aria-busy={busy}>
          {busy ? t('unlocking') : t('unlock')}
        </button>
      </form>
      <button type="button" class="plain" aria-expanded={forgotten} onClick={() => setForgotten(!forgotten)}>
        {t('forgot')}
      </button>
      {forgotten && (
        <div class="notice">
          <p>{t('forgot_text')}</p>
          <ForgottenForm />
        </div>
      )}
    </Card>
  );
}

export function newPassphraseProblem(first: string, second: string): string | null {
  if ([...first].length < 8) return t('passphrase_short');
  return first === second ? null : t('passphrases_differ');
}

export function EnrollScreen() {
  const [link, setLink] = useState('');
  const erased = session.get()?.erased;
  const [name, setName] = useState(() => session.get()?.device_name ?? '');
  const [first, setFirst] = useState('');
  const [second, setSecond] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const enroll = async (event: Event) => {
    event.preventDefault();
    const problem = newPassphraseProblem(first, second);
    setWrong(problem);
    if (problem) return;
    setBusy(true);
    try {
      await call('/api/enroll', { link: link.trim(), device_name: name.trim(), passphrase: first });
      await loadSession();
    } catch (e) {
      setWrong(errorText(e));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title={t(erased ? 'erased_title' : 'enroll_title')}>
      {erased && (
        <div class="notice warn" role="status">
          <p>{t('erased_text', { device: erased.device_name, when: formatTime(erased.at), server: erased.server, user: erased.user })}</p>
          <p>{erased.message}</p>
          <p>{t('erased_next')}</p>
        </div>
      )}
      <p>{t('enroll_text')}</p>
      <form onSubmit={(e) => void enroll(e)}>
        <AccountName />
        <div class="field">
          <label for="enroll-link">{t('enroll_link')}</label>
          <input
            id="enroll-link"
            type="text"
            inputMode="url"
            required
            autocomplete="off"
            spellcheck={false}
            value={link}
            aria-describedby="enroll-link-hint"
            onInput={(e) => setLink(e.currentTarget.value)}
          />
          <small id="enroll-link-hint">{t('enroll_link_hint')}</small>
        </div>
        <div class="field">
          <label for="enroll-name">{t('device_name')}</label>
          <input
            id="enroll-name"
            type="text"
            required
            autocomplete="off"
            value={name}
            aria-describedby="enroll-name-hint"
            onInput={(e) => setName(e.currentTarget.value)}
          />
          <small id="enroll-name-hint">{t('device_name_hint')}</small>
        </div>
        <PassphraseField label={t('choose_passphrase')} value={first} onInput={setFirst} hint={t('choose_passphrase_hint')} autocomplete="new-password" />
        <PassphraseField label={t('repeat_passphrase')} value={second} onInput={setSecond} autocomplete="new-password" />
        {wrong && (
          <p class="wrong" role="alert">
            {wrong}
          </p>
        )}
        <button type="submit" disabled={busy} aria-busy={busy}>
          {busy ? t('enrolling') : t('enroll_do')}
        </button>
      </form>
    </Card>
  );
}
