package io.penstock.gateway.page;

/** How pages look that are one file: on a screen and on paper. */
public final class Style {
  /** Without its element. */
  public static final String PAGE =
      """
      :root{color-scheme:light}
      body{font:15px/1.45 system-ui,sans-serif;color:#1b2430;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1rem}
      h1{font-size:1.5rem;margin:2rem 0 .2rem}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}h3{font-size:.9rem;margin:.8rem 0 .2rem;font-weight:600}
      p{margin:.3rem 0}.quiet{color:#5b6675}.no{color:#a3231b}.yes{color:#14694a}
      table{border-collapse:collapse;width:100%;font-size:.82rem;margin:.4rem 0}
      th,td{text-align:left;padding:.22rem .9rem .22rem 0;border-bottom:1px solid #dfe4ea;vertical-align:top}
      tr>:last-child{padding-right:0}table.facts th{width:8.5rem;white-space:nowrap}td.v{white-space:nowrap}
      td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
      .charts{display:grid;grid-template-columns:1fr 1fr;gap:.4rem 1.6rem}.chart{break-inside:avoid}
      svg{width:100%;height:auto;display:block;overflow:visible}svg text{font:11px system-ui,sans-serif;fill:#3c4653;paint-order:stroke;stroke:#fff;stroke-width:3px}
      details summary{cursor:pointer;color:#5b6675;font-size:.85rem}
      @page{margin:14mm 13mm}
      @media print{body{max-width:none;margin:0;padding:0;font-size:11px;print-color-adjust:exact;-webkit-print-color-adjust:exact}h1{margin-top:0;break-before:page}h1:first-of-type{break-before:auto}tr{break-inside:avoid}h2,h3{break-after:avoid}thead{display:table-header-group}.charts{gap:.2rem 1.2rem}details{display:none}}
      @media screen and (max-width:48rem){.charts{grid-template-columns:1fr}}
      """;

  private Style() {}
}
