import '@picocss/pico/css/pico.min.css';
import './style.css';
import { render } from 'preact';
import { App } from './app';
import { loadLanguage } from './texts/language';

loadLanguage();
const place = document.getElementById('app');
if (place) render(<App />, place);
