import type { DocPage } from '../doc-page.ts'
import { describeScripts } from './describe-scripts.ts'

/** The pages of `docs/pci/` that are made from tables. */
export function describePciPages(): DocPage[] {
  return [describeScripts()]
}
