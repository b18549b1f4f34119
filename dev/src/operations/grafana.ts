import { type DashboardRow, dashboards, type Panel } from './dashboards.ts'

/** Grafana's own: the shape of the JSON that it reads, from version 10 on. */
const schemaVersion = 39
const heights = { graph: 8, number: 4, table: 8 } as const
const types = { graph: 'timeseries', number: 'stat', table: 'table' } as const
const columns = 24
const source = { type: 'prometheus', uid: '$datasource' }

/** `operations/grafana/*.json`, to be imported or provisioned. */
export function renderDashboards(): { path: string; text: string }[] {
  return (Object.entries(dashboards) as [string, DashboardRow][]).map(([name, dashboard]) => ({
    path: `operations/grafana/${name}.json`,
    text: `${JSON.stringify(renderDashboard(name, dashboard), null, 2)}\n`,
  }))
}

function renderDashboard(name: string, { title, about, choose, rows }: DashboardRow) {
  const panels: object[] = []
  let y = 0
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { h: 1, w: columns, x: 0, y },
      panels: [],
    })
    y += 1
    let x = 0
    let height = 0
    for (const panel of row.panels) {
      if (x + panel.width > columns) {
        y += height
        ;[x, height] = [0, 0]
      }
      panels.push(renderPanel(panels.length + 1, panel, { h: heights[panel.kind], w: panel.width, x, y }))
      x += panel.width
      height = Math.max(height, heights[panel.kind])
    }
    y += height
  }
  return {
    uid: `fincore-${name}`,
    title,
    description: about,
    tags: ['fincore'],
    schemaVersion,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    timepicker: {},
    timezone: 'browser',
    annotations: { list: [] },
    links: [
      { type: 'dashboards', title: 'FinCore', tags: ['fincore'], asDropdown: true, includeVars: false, keepTime: true },
    ],
    templating: {
      list: [
        { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', current: {}, hide: 0 },
        ...(choose === undefined ? [] : [renderChoice(choose)]),
      ],
    },
    panels,
  }
}

function renderChoice({ label, of }: NonNullable<DashboardRow['choose']>) {
  return {
    name: label,
    label: 'PSP account',
    type: 'query',
    datasource: source,
    definition: `label_values(${of}, ${label})`,
    query: { query: `label_values(${of}, ${label})`, refId: 'values' },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { selected: true, text: ['All'], value: ['$__all'] },
    hide: 0,
  }
}

function renderPanel(id: number, panel: Panel, gridPos: object) {
  const { title, about, kind, unit, queries, redFrom } = panel
  const steps = [{ color: 'green', value: null }, ...(redFrom === undefined ? [] : [{ color: 'red', value: redFrom }])]
  return {
    id,
    type: types[kind],
    title,
    ...(about === undefined ? {} : { description: about }),
    gridPos,
    datasource: source,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: source,
      expr,
      legendFormat: legend,
      ...(kind === 'graph' ? { range: true } : { instant: true, range: false }),
      ...(kind === 'table' ? { format: 'table' } : {}),
    })),
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        thresholds: { mode: 'absolute', steps },
        ...(kind === 'graph'
          ? {
              color: { mode: 'palette-classic' },
              custom: { drawStyle: 'line', lineWidth: 1, fillOpacity: 8, showPoints: 'never', spanNulls: false },
            }
          : {}),
      },
      overrides: [],
    },
    options: optionsOf[kind],
  }
}

const optionsOf: Record<Panel['kind'], object> = {
  graph: {
    legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'], showLegend: true },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
  number: {
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    colorMode: 'value',
    graphMode: 'none',
    textMode: 'auto',
    justifyMode: 'auto',
    orientation: 'auto',
  },
  table: { showHeader: true, cellHeight: 'sm' },
}
