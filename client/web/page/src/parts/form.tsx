// The fields of one record, with checks beside them. It holds no state: its owner does.
import type { FieldProblem, Fields, Kind } from '../api';
import type { Wrong } from '../logic/checks';
import { isShown } from '../logic/edits';
import { FieldInput, wrongText } from './field';

interface Props {
  kind: Kind;
  fields: Fields;
  before: Fields;
  wrong: Map<string, Wrong>;
  /// What the program refused on the last saving; shown until the field is changed.
  refused: FieldProblem[];
  /// Fields that the doctor has left, or all of them once he wanted to save.
  visited: Set<string> | 'all';
  readOnly: boolean;
  onInput: (name: string, value: string | boolean) => void;
  onLeave: (name: string) => void;
}

export function RecordFields(p: Props) {
  const problemOf = (name: string): string | null => {
    const refused = p.refused.find((r) => r.field === name);
    if (refused) return refused.message;
    const wrong = p.wrong.get(name);
    if (!wrong || (p.visited !== 'all' && !p.visited.has(name))) return null;
    return wrongText(wrong, p.kind.fields.find((f) => f.name === name));
  };
  return (
    <div class="fields">
      {p.kind.fields
        .filter((spec) => isShown(spec, p.fields))
        .map((spec) => (
          <FieldInput
            key={spec.name}
            spec={spec}
            value={p.fields[spec.name] ?? (spec.type === 'boolean' ? false : '')}
            required={(spec.required && spec.type !== 'boolean') || (spec.required_when !== '' && p.fields[spec.required_when] === true)}
            wrong={problemOf(spec.name)}
            readOnly={p.readOnly}
            onInput={(value) => p.onInput(spec.name, value)}
            onLeave={() => p.onLeave(spec.name)}
          />
        ))}
    </div>
  );
}

/// Moves the focus to the first field that is wrong.
export function focusFirstWrong(): void {
  // After the page was drawn again.
  requestAnimationFrame(() => {
    document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  });
}
