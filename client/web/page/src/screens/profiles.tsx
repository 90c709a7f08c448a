// The doctor's profiles: what stands on the documents, and which one prints.
import { call, type Item } from '../api';
import { go } from '../nav';
import { errorText, Problem, useLoaded } from '../parts/common';
import { say } from '../parts/dialog';
import { live, useStore } from '../store';
import { t } from '../texts';

export function ProfilesSetting() {
  const revision = useStore(live)?.revision ?? 0;
  const { value, problem, reload } = useLoaded(() => call<{ items: Item[]; used: string }>('/api/doctors', undefined, true), revision);
  const use = async (key: string) => {
    try {
      await call('/api/doctors/use', { key });
      say(t('profile_used', { key }));
      reload();
    } catch (e) {
      say(errorText(e), true);
    }
  };
  return (
    <section aria-labelledby="profiles">
      <h2 id="profiles">{t('profiles')}</h2>
      <p>{value?.items.length === 0 ? t('profiles_none') : t('profiles_text')}</p>
      {problem && <Problem text={problem} onRetry={reload} />}
      <ul class="plain-list">
        {value?.items.map((one) => (
          <li key={one.key}>
            <strong>{one.name || t('empty')}</strong> <span class="quiet">{one.key}</span>{' '}
            {value.items.length > 1 && (
              <label>
                <input type="radio" name="profile" checked={value.used === one.key} onChange={() => void use(one.key)} />
                {t('profile_use', { key: one.key })}
              </label>
            )}{' '}
            <button type="button" class="secondary small" onClick={() => void go({ screen: 'record', kind: 'doctor', key: one.key })}>
              {t('open_one')} {one.key}
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="secondary" onClick={() => void go({ screen: 'new', kind: 'doctor' })}>
        {t('new_doctor')}
      </button>
    </section>
  );
}
