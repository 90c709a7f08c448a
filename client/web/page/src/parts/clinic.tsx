// Which of the doctor's own clinics a process names.
import { useEffect, useState } from 'preact/hooks';
import { call, type Item, type Value } from '../api';
import { t } from '../texts';

interface Props {
  describe: Record<string, unknown>;
  value: string;
  readOnly: boolean;
  onInput: (value: Value) => void;
}

export function ClinicChoice({ describe, value, readOnly, onInput }: Props) {
  const [clinics, setClinics] = useState<Item[]>([]);
  useEffect(() => {
    call<{ items: Item[] }>('/api/search', { kind: 'clinic', term: '' }, true).then(
      (r) => setClinics(r.items.filter((c) => !c.draft)),
      () => undefined,
    );
  }, []);
  return (
    <select {...describe} value={value} disabled={readOnly} onChange={(e) => onInput(e.currentTarget.value)}>
      <option value="">{t('choose')}</option>
      {clinics.map((c) => (
        <option key={c.key} value={c.key}>
          {c.name} ({c.key})
        </option>
      ))}
      {value !== '' && !clinics.some((c) => c.key === value) && <option value={value}>{value}</option>}
    </select>
  );
}
