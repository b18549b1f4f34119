import type { Templates } from './checks/template.ts'
import { type EnvironmentName, environments } from './environments.ts'
import { drawNetwork } from './network-diagram/draw-network.ts'
import { readModel } from './segmentation/model.ts'
import { describeSegmentation } from './segmentation/segmentation-page.ts'
import { describeSuppressions } from './suppressions-page.ts'

/** The pages of docs/aws/ that are made from templates and tables, by their path in the repository. */
export function makePages(templatesOf: (name: EnvironmentName) => Templates): Record<string, string> {
  const production = readModel(templatesOf('production'))
  return {
    'docs/aws/segmentation.md': describeSegmentation(production, environments.production),
    'docs/aws/suppressions.md': describeSuppressions(),
    'docs/aws/network.svg': drawNetwork(production),
  }
}
