import { Title } from '../parts/common';
import { t, type TextKey } from '../texts';

const TOPICS = ['find', 'save', 'offline', 'conflict', 'refused', 'lock', 'stolen', 'keys'] as const;

export function HelpScreen() {
  return (
    <>
      <Title>{t('help')}</Title>
      <p>{t('help_intro')}</p>
      {TOPICS.map((topic) => (
        <section key={topic} aria-labelledby={`help-${topic}`}>
          <h2 id={`help-${topic}`}>{t(`help_${topic}_t` as TextKey)}</h2>
          <p>{t(`help_${topic}` as TextKey)}</p>
        </section>
      ))}
    </>
  );
}
