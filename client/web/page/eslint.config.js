import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['node_modules', 'dist'] },
  js.configs.recommended,
  ...ts.configs.strict,
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': hooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      // Nothing of a patient may reach the console, the title, a store of the browser or raw HTML.
      'no-console': 'error',
      'no-restricted-globals': ['error', 'sessionStorage', 'indexedDB', 'caches'],
      'no-restricted-syntax': [
        'error',
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: 'Text only.' },
        { selector: "MemberExpression[property.name='innerHTML']", message: 'Text only.' },
        { selector: "MemberExpression[object.name='document'][property.name='title']", message: 'The title stays.' },
        { selector: "MemberExpression[object.name='document'][property.name='cookie']", message: 'No cookies.' },
      ],
      eqeqeq: 'error',
    },
  },
  // The secret of the session and the name of the tab, and nothing else.
  { files: ['src/tab.ts'], rules: { 'no-restricted-globals': ['error', 'indexedDB', 'caches'] } },
  { files: ['*.mjs', 'e2e/**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly', document: 'readonly', window: 'readonly', fetch: 'readonly', performance: 'readonly', setTimeout: 'readonly', clearTimeout: 'readonly', location: 'readonly', URL: 'readonly', Buffer: 'readonly', getComputedStyle: 'readonly', localStorage: 'readonly', sessionStorage: 'readonly', history: 'readonly' } } },
);
