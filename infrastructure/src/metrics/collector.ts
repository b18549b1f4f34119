import type { CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs'
import { collectorSize } from './collector-config.ts'

/** As alarms and Container Insights know it. */
export const collectorName = 'collector'
/** The setting from which the collector's image takes its configuration. */
export const collectorSetting = 'AOT_CONFIG_CONTENT'

/**
 * What a collector does not share with the program beside it. Payments do not wait for it: the task goes on when it ends, and
 * begins without it. Nor does the program wait for it when both are told to end: it would be asked for metrics that nobody
 * serves any more, and the last word of each task would be that it is down.
 */
export function collectorContainer(
  image: string,
): Pick<
  CfnTaskDefinition.ContainerDefinitionProperty,
  'name' | 'image' | 'essential' | 'cpu' | 'memory' | 'restartPolicy' | 'healthCheck'
> & { name: string } {
  return {
    name: collectorName,
    image,
    essential: false,
    ...collectorSize,
    restartPolicy: { enabled: true, restartAttemptPeriod: 60 },
    // A program of the image, which asks the collector's own health check. Nothing is restarted by it; an alarm hears of it.
    healthCheck: { command: ['CMD', '/healthcheck'], interval: 30, timeout: 5, retries: 3, startPeriod: 30 },
  }
}
