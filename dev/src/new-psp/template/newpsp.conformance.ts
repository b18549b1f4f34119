import { runConformance } from '@fincore/payment-service/psp-gateway/conformance'
import { newpspPsp } from './newpsp.ts'
import { openNewpspBench } from './testing/bench.ts'

runConformance(newpspPsp, openNewpspBench)
