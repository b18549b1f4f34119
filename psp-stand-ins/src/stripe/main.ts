import { runStandIn } from '../run-stand-in.ts'
import { readSettings } from '../settings.ts'
import { readStripeSettings } from './config.ts'
import { startStripeStandIn } from './stand-in.ts'

const name = 'stripe-stand-in'

await runStandIn(name, (log) => startStripeStandIn({ ...readSettings(name, process.env, readStripeSettings), log }))
