// ECharts, with only what is used of it, in the page's theme: one canvas that redraws at most once a frame however often it is told to.

import { BarChart, GraphChart, LineChart, PieChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent,
  BrushComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  ToolboxComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Colors, colors, onChange } from "../theme.ts";

echarts.use([
  AriaComponent,
  BarChart,
  BrushComponent,
  CanvasRenderer,
  DataZoomComponent,
  GraphChart,
  GridComponent,
  LegendComponent,
  LineChart,
  MarkAreaComponent,
  PieChart,
  ScatterChart,
  ToolboxComponent,
  TooltipComponent,
  VisualMapComponent,
]);

export type Option = echarts.EChartsCoreOption;
/** Made anew for each theme. */
export type Drawing = (colors: Colors) => Option;

export class Canvas {
  private readonly chart: echarts.ECharts;
  private readonly observer: ResizeObserver;
  private readonly stop: () => void;
  private drawing: Drawing | undefined;
  private frame = 0;

  constructor(private readonly host: HTMLElement) {
    this.chart = echarts.init(host);
    this.observer = new ResizeObserver(() => this.chart.resize());
    this.observer.observe(host);
    this.stop = onChange(() => this.redraw());
  }

  show(drawing: Drawing): void {
    this.drawing = drawing;
    this.redraw();
  }

  /** @param then the name of what was clicked: a series' item */
  onClick(then: (name: string) => void): void {
    this.chart.on("click", (event) => then(event.name || String(event.seriesName ?? "")));
  }

  /** @param then the two ends of what was brushed along the x axis, or undefined where the brush was taken away */
  onBrush(then: (ends: [number, number] | undefined) => void): void {
    this.chart.on("brushEnd", (event) => {
      const [area] = (event as { areas: { coordRange?: [number, number] }[] }).areas;
      then(area?.coordRange);
    });
  }

  /** The mouse brushes along the x axis. */
  brushes(): void {
    this.chart.dispatchAction({
      type: "takeGlobalCursor",
      key: "brush",
      brushOption: { brushType: "lineX", brushMode: "single" },
    });
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    this.stop();
    this.chart.dispose();
  }

  private redraw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      if (!this.drawing || !this.host.isConnected) return;
      const theme = colors();
      this.chart.setOption({ ...common(theme), ...this.drawing(theme) }, { notMerge: true });
    });
  }
}

function common(theme: Colors): Option {
  return {
    animation: false,
    color: theme.series,
    backgroundColor: "transparent",
    textStyle: { color: theme.text, fontFamily: "system-ui, sans-serif" },
  };
}

/** Text instead of HTML: the page's policy allows no styles in markup. */
export function tooltip(theme: Colors, trigger: "axis" | "item"): object {
  return {
    trigger,
    renderMode: "richText",
    confine: true,
    backgroundColor: theme.surface,
    borderColor: theme.line,
    textStyle: { color: theme.text, fontSize: 12 },
  };
}

export function axis(theme: Colors, more: object): object {
  return {
    axisLine: { lineStyle: { color: theme.line } },
    axisLabel: { color: theme.muted, hideOverlap: true },
    nameTextStyle: { color: theme.muted },
    splitLine: { lineStyle: { color: theme.line } },
    ...more,
  };
}

export function legend(theme: Colors): object {
  return {
    type: "scroll",
    top: 2,
    padding: 4,
    icon: "roundRect",
    itemWidth: 12,
    itemHeight: 14, // no lower than its text, or a scrolling legend cuts that off
    textStyle: { color: theme.text },
    pageTextStyle: { color: theme.muted },
    pageIconColor: theme.text,
    pageIconInactiveColor: theme.line,
  };
}
