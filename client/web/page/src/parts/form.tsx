// What is edited of one record: its fields with checks beside them, and the summary of the edit. It holds
// no state: the editor does.
import type { Kind } from '../api';
import { isShown } from '../logic/edits';
import { t } from '../texts';
import type { Editor } from './editor';
import { FieldInput, wrongText } from './field';

interface Props {
  kind: Kind;
  editor: Editor;
  readOnly?: boolean;
}

/// What the program refused shows until the field is changed; what the page found, once the field was left.
function problemOf(kind: Kind, editor: Editor, name: string): string | null {
  const refused = editor.refused.find((r) => r.field === name);
  if (refused) return refused.message;
  const wrong = editor.wrong.get(name);
  if (!wrong || (editor.visited !== 'all' && !editor.visited.has(name))) return null;
  return wrongText(wrong, kind.fields.find((f) => f.name === name));
}

function SummaryInput({ editor }: { editor: Editor }) {
  return (
    <div class="field wide">
      <label for="summary">{t('summary')}</label>
      <input
        id="summary"
        type="text"
        autocomplete="off"
        value={editor.summary}
        aria-describedby="summary-hint"
        onInput={(e) => editor.setSummary(e.currentTarget.value)}
      />
      <small id="summary-hint">{t('summary_hint')}</small>
    </div>
  );
}

export function EditedFields({ kind, editor, readOnly = false }: Props) {
  const { fields } = editor;
  return (
    <>
      <div class="fields">
        {kind.fields
          .filter((spec) => isShown(spec, fields))
          .map((spec) => (
            <FieldInput
              key={spec.name}
              spec={spec}
              value={fields[spec.name] ?? (spec.type === 'boolean' ? false : '')}
              required={(spec.required && spec.type !== 'boolean') || (spec.required_when !== '' && fields[spec.required_when] === true)}
              wrong={problemOf(kind, editor, spec.name)}
              readOnly={readOnly}
              onInput={(value) => editor.input(spec.name, value)}
              onLeave={() => editor.leave(spec.name)}
            />
          ))}
      </div>
      {!readOnly && <SummaryInput editor={editor} />}
    </>
  );
}
