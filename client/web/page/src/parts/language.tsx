import { drawn } from '../store';
import { t } from '../texts';
import { language, setLanguage, type Language } from '../texts/language';

export function LanguageSwitch() {
  const choose = (to: Language) => {
    setLanguage(to);
    drawn.set(drawn.get() + 1);
  };
  return (
    <fieldset class="language">
      <legend>{t('language')}</legend>
      {(['pt', 'en'] as const).map((each) => (
        <label key={each}>
          <input type="radio" name="language" checked={language() === each} onChange={() => choose(each)} />
          <span lang={each === 'pt' ? 'pt-BR' : 'en'}>{each === 'pt' ? 'Português' : 'English'}</span>
        </label>
      ))}
    </fieldset>
  );
}
