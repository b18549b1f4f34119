import { runConformance } from '../conformance.ts'
import { adyenPsp } from './adyen.ts'
import { openAdyenBench } from './testing/bench.ts'

runConformance(adyenPsp, openAdyenBench)
