import { describeAlarms } from './alarms/alarms-page.ts'
import type { Templates } from './checks/template.ts'
import { resourcesOf } from './cost/count-resources.ts'
import { describeCost } from './cost/describe-cost.ts'
import { describeData } from './data/data-page.ts'
import { type EnvironmentName, environments } from './environments.ts'
import { drawNetwork } from './network-diagram/draw-network.ts'
import { readModel } from './segmentation/model.ts'
import { describeSegmentation } from './segmentation/segmentation-page.ts'
import { describeSuppressions } from './suppressions-page.ts'

/** The pages of docs/aws/ that are made from templates and tables, by their path in the repository. */
export function makePages(templatesOf: (name: EnvironmentName) => Templates): Record<string, string> {
  const templates = { sandbox: templatesOf('sandbox'), production: templatesOf('production') }
  const production = readModel(templates.production)
  return {
    'docs/aws/alarms.md': describeAlarms(resourcesOf(templates.production)),
    'docs/aws/cost.md': describeCost(templates),
    'docs/aws/data.md': describeData(),
    'docs/aws/segmentation.md': describeSegmentation(production, environments.production),
    'docs/aws/suppressions.md': describeSuppressions(),
    'docs/aws/network.svg': drawNetwork(production),
  }
}
