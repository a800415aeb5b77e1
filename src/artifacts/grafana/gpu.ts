/** The dashboard of the GPUs: what Triton says of them, and what the DCGM exporter adds where it runs. */
import type { PanelSpec } from './panels.ts';
import { OF_INSTANCE } from './queries.ts';

const LINES = { type: 'timeseries', width: 12 } as const;
const GPU = '{{instance}} {{gpu_uuid}}';
/** The exporter renamed its label of the host; these two it has always had. */
const DCGM = 'GPU {{gpu}} {{UUID}}';

export function gpuPanels(): PanelSpec[] {
  return [...fromTriton(), ...fromDcgm()];
}

function fromTriton(): PanelSpec[] {
  const of = (metric: string) => `${metric}{${OF_INSTANCE}}`;
  const pool = 'nv_pinned_memory_pool';
  return [
    { ...LINES, title: 'Utilization', unit: 'percentunit', max: 1, queries: { [GPU]: of('nv_gpu_utilization') } },
    {
      ...LINES,
      title: 'Memory',
      unit: 'percentunit',
      max: 1,
      limit: 0.95,
      queries: { [GPU]: `${of('nv_gpu_memory_used_bytes')} / ${of('nv_gpu_memory_total_bytes')}` },
    },
    {
      ...LINES,
      title: 'Power',
      unit: 'watt',
      queries: { [`used ${GPU}`]: of('nv_gpu_power_usage'), [`limit ${GPU}`]: of('nv_gpu_power_limit') },
    },
    {
      ...LINES,
      title: 'Pool of pinned memory',
      unit: 'percentunit',
      max: 1,
      limit: 0.9,
      description: 'Copies between host and GPU go through it; when it is full they are slower.',
      queries: { '{{instance}}': `${of(`${pool}_used_bytes`)} / ${of(`${pool}_total_bytes`)}` },
    },
  ];
}

function fromDcgm(): PanelSpec[] {
  const used = 'DCGM_FI_DEV_FB_USED';
  const description = 'Of the DCGM exporter; empty where it does not run.';
  return [
    {
      ...LINES,
      title: 'Tensor cores and memory busy',
      unit: 'percentunit',
      max: 1,
      description,
      queries: {
        [`tensor ${DCGM}`]: 'DCGM_FI_PROF_PIPE_TENSOR_ACTIVE',
        [`memory ${DCGM}`]: 'DCGM_FI_PROF_DRAM_ACTIVE',
      },
    },
    {
      ...LINES,
      title: 'Frame buffer',
      unit: 'mbytes',
      description: `${description} The exporter counts in MiB, and gives no total.`,
      queries: { [`used ${DCGM}`]: used, [`all ${DCGM}`]: `${used} + DCGM_FI_DEV_FB_FREE + DCGM_FI_DEV_FB_RESERVED` },
    },
    { ...LINES, title: 'Temperature', unit: 'celsius', description, queries: { [DCGM]: 'DCGM_FI_DEV_GPU_TEMP' } },
    {
      ...LINES,
      title: 'XID errors',
      unit: 'short',
      limit: 1,
      description: `${description} Anything but 0 is an error of the driver or of the hardware.`,
      queries: { [DCGM]: 'DCGM_FI_DEV_XID_ERRORS' },
    },
  ];
}
