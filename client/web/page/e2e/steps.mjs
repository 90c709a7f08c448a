// Steps that build on each other: after one that failed, the others say so at once.
import { test as run } from 'node:test';

let failed = null;

export function test(name, work) {
  run(name, async () => {
    if (failed) throw new Error(`not tried: “${failed}” failed`);
    try {
      await work();
    } catch (e) {
      failed = name;
      throw e;
    }
  });
}
