import type { DocPage } from '../doc-page.ts'
import { describeAdmissionMatrix } from './describe-admission-matrix.ts'
import { describeControls } from './describe-controls.ts'
import { describeDataFlow } from './describe-data-flow.ts'
import { describeMutants } from './describe-mutants.ts'
import { describeSaqA } from './describe-saq-a.ts'
import { describeScripts } from './describe-scripts.ts'

/** The pages of `docs/pci/` that are made from tables. */
export async function describePciPages(): Promise<DocPage[]> {
  return [
    describeAdmissionMatrix(),
    describeControls(),
    await describeDataFlow(),
    describeMutants(),
    describeSaqA(),
    describeScripts(),
  ]
}
