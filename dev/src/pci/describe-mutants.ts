import { type DocPage, table } from '../doc-page.ts'
import { mutants } from './mutants.ts'

/** `docs/pci/mutants.md`: the weakenings of the firewall that its tests must notice. */
export function describeMutants(): DocPage {
  return {
    path: 'docs/pci/mutants.md',
    source: 'dev/src/pci/mutants.ts',
    title: 'Mutants of the card firewall',
    text: [
      'A test that cannot fail shows nothing. `npm run drill:mutants` copies the repository, weakens one thing, runs the named tests,',
      'sees them fail, and goes on to the next; it exits with 1 when one survives. An edit that no longer fits the source fails the build.',
      '',
      table(
        ['Mutant', 'What would be lost', 'Where', 'Caught by'],
        mutants.map(({ name, weakens, edits, caughtBy }) => [
          name,
          weakens,
          edits.map(({ file }) => `\`${file}\``).join(' '),
          caughtBy.map((file) => `\`${file}\``).join(' '),
        ]),
      ),
    ].join('\n'),
  }
}
