// What is edited of one record: its fields with checks beside them, and the summary of the edit. It holds
// no state: the editor does.
import { Fragment } from 'preact';
import type { Kind } from '../api';
import { isCalledFor } from '../logic/checks';
import { emptyValue, isShown } from '../logic/edits';
import { ageAt } from '../logic/format';
import { sectionsOf } from '../logic/sections';
import { t } from '../texts';
import { Beside, type Meanwhile, type Taken } from './beside';
import type { Editor } from './editor';
import { FieldInput, wrongText, type FormPlace } from './field';

interface Props {
  kind: Kind;
  editor: Editor;
  readOnly?: boolean;
  /// Of a process.
  cid?: string;
  meanwhile?: Meanwhile | null;
  onTake?: (name: string, which: Taken) => void;
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

/// What was issued stays as it was; what became of the paper may be said.
function isFixed(kind: Kind, name: string): boolean {
  return kind.kind === 'emission' && name !== 'situacao' && name !== 'nota';
}

export function EditedFields({ kind, editor, readOnly = false, cid = '', meanwhile, onTake }: Props) {
  const { fields } = editor;
  /// The age follows from the date of birth, once that is typed.
  const fillAge = () => {
    const age = typeof fields.data_nascimento === 'string' ? ageAt(fields.data_nascimento) : null;
    if (age !== null && fields.data_nascimento !== editor.before.data_nascimento) editor.input('idade', String(age));
  };
  const besideOf = (name: string) => meanwhile?.both.find((b) => b.field === name);
  const about: FormPlace = { cid, months: Number(fields.meses) || 6 };
  return (
    <>
      {sectionsOf(kind).map((section) => (
      <fieldset class="section" key={section.title ?? ''}>
      {section.title && <legend>{t(section.title)}</legend>}
      <div class="fields">
        {section.specs
          .filter((spec) => isShown(spec, fields) || besideOf(spec.name) !== undefined)
          .map((spec) => (
            <Fragment key={spec.name}>
            <FieldInput
              spec={spec}
              value={fields[spec.name] ?? emptyValue(spec)}
              required={(spec.required && spec.type !== 'boolean') || isCalledFor(spec, fields)}
              wrong={problemOf(kind, editor, spec.name)}
              readOnly={readOnly || isFixed(kind, spec.name)}
              inside={editor.refused.filter((r) => r.field.startsWith(`${spec.name}.`))}
              about={about}
              onInput={(value) => editor.input(spec.name, value)}
              onLeave={() => {
                editor.leave(spec.name);
                if (spec.name === 'data_nascimento') fillAge();
              }}
            />
            {meanwhile && onTake && besideOf(spec.name) && (
              <Beside
                spec={spec}
                one={besideOf(spec.name) ?? { field: spec.name, theirs: '', mine: '' }}
                where={meanwhile.where}
                taken={meanwhile.taken.get(spec.name)}
                onTake={(which) => onTake(spec.name, which)}
              />
            )}
            </Fragment>
          ))}
      </div>
      </fieldset>
      ))}
      {!readOnly && <SummaryInput editor={editor} />}
    </>
  );
}
