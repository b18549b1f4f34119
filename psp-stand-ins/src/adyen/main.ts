import { runStandIn } from '../run-stand-in.ts'
import { readSettings } from '../settings.ts'
import { startAdyenStandIn } from './stand-in.ts'

const name = 'adyen-stand-in'

await runStandIn(name, (log) => startAdyenStandIn({ ...readSettings(name, process.env, () => ({})), log }))
