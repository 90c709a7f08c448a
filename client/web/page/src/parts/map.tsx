// Answers by name that a protocol asks for: those that are there can be changed.
import type { FieldSpec, Value } from '../api';
import { labelOf } from '../texts';

interface Props {
  spec: FieldSpec;
  value: Value;
  readOnly: boolean;
  onInput: (value: Value) => void;
}

export function MapInput({ spec, value, readOnly, onInput }: Props) {
  const entries = typeof value === 'object' && !Array.isArray(value) ? value : {};
  return (
    <fieldset class="field wide" data-field={spec.name}>
      <legend>{labelOf(spec.label)}</legend>
      <div class="fields">
        {Object.entries(entries).map(([name, text]) => (
          <label key={name}>
            {name}
            <input
              type="text"
              autocomplete="off"
              readOnly={readOnly}
              value={text}
              onInput={(e) => onInput({ ...entries, [name]: e.currentTarget.value })}
            />
          </label>
        ))}
      </div>
    </fieldset>
  );
}
