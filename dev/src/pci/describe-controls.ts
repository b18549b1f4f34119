import { type DocPage, table } from '../doc-page.ts'
import { controls } from './controls.ts'

/** `docs/pci/controls.md`: each requirement, FinCore's answer, and the tests that show it. */
export function describeControls(): DocPage {
  return {
    path: 'docs/pci/controls.md',
    source: 'dev/src/pci/controls.ts',
    title: 'PCI DSS v4.0.1: requirements and the tests that show them',
    text: [
      'Tests are evidence for an assessor, and no certification. Numbers are those of the standard; the words are ours.',
      '`npm run pci:evidence` runs every test named here and writes the results, the diagram, the components and the merchants’ scope',
      'into a folder. A test fails when a row shows nothing, or names a test that is gone. `…` stands for what a test’s name computes.',
      '',
      ...controls.map(({ requirements, asks, answer, shownBy = [], operator }) =>
        [
          `## ${requirements.join(', ')}`,
          '',
          asks,
          '',
          `**FinCore:** ${answer}`,
          '',
          ...(operator === undefined ? [] : [`**The operator:** ${operator}`, '']),
          ...(shownBy.length === 0
            ? []
            : [
                table(
                  ['Test file', 'Test'],
                  shownBy.flatMap(({ file, tests }) => tests.map((name) => [`\`${file}\``, name])),
                ),
                '',
              ]),
        ].join('\n'),
      ),
    ].join('\n'),
  }
}
