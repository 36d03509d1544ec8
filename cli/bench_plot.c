#include "bench.h"
#include "files.h"

enum { ROW = 22, LEFT = 300, WIDTH = 500, RIGHT = 330, TOP = 84 };

static void put_text(FILE *out, const char *text) {
  for (; *text != 0; text++) {
    switch (*text) {
      case '&':
        fputs("&amp;", out);
        break;
      case '<':
        fputs("&lt;", out);
        break;
      case '>':
        fputs("&gt;", out);
        break;
      default:
        putc(*text, out);
    }
  }
}

static void put_bar(FILE *out, const bench_result *r, int y) {
  double length = r->roof_fraction * WIDTH;
  if (length > WIDTH + 60) length = WIDTH + 60;
  fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT - 8, y + 15);
  put_text(out, r->name);
  fputs("</text>\n", out);
  if (r->error[0] != 0) {
    fprintf(out, "<text x=\"%d\" y=\"%d\" fill=\"#b00020\">failed</text>\n", LEFT + 6, y + 15);
    return;
  }
  fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n", LEFT, y + 3, length, ROW - 6,
          r->compute_bound ? "#3b6fb6" : "#4a9a5b");
  fprintf(out, "<text x=\"%.1f\" y=\"%d\">%.2f  (%.4g %s, %.4g ms, ", LEFT + length + 6, y + 15, r->roof_fraction,
          r->compute_bound ? r->gflops : r->gbytes_per_s, r->compute_bound ? "GFLOP/s" : "GB/s", r->ms_median);
  put_text(out, r->algo);
  fputs(")</text>\n", out);
}

int bench_plot(cli *c, const char *path, const bench_device *d, const bench_result *results, size_t count) {
  out_file file;
  char device[256];
  int rc = out_file_open(&c->error, path, &file);
  if (rc != CLI_OK) return rc;
  FILE *out = file.stream;
  int height = TOP + (int)count * ROW + 40;
  int bottom = TOP + (int)count * ROW;
  cli_device_text(d->device, CL_DEVICE_NAME, device, sizeof device);
  fprintf(out,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" "
          "font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
          LEFT + WIDTH + RIGHT, height);
  fputs("<text x=\"12\" y=\"24\" font-size=\"16\">clup: fraction of the roof, ", out);
  put_text(out, device);
  fprintf(out,
          "</text>\n<text x=\"12\" y=\"44\">roofs measured in the same run: %.4g GFLOP/s, copy %.4g GB/s; "
          "<tspan fill=\"#3b6fb6\">bound by arithmetic</tspan>, <tspan fill=\"#4a9a5b\">by memory</tspan></text>\n",
          d->peak_gflops, d->copy_gbytes_per_s);
  for (int tick = 0; tick <= 4; tick++) {
    int x = LEFT + tick * WIDTH / 4;
    fprintf(out, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\"/>\n", x, TOP - 4, x, bottom,
            tick == 4 ? "#c03030" : "#dddddd");
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%.2f</text>\n", x, TOP - 8, tick * 0.25);
  }
  for (size_t i = 0; i < count; i++) put_bar(out, &results[i], TOP + (int)i * ROW);
  fputs("</svg>\n", out);
  return out_file_commit(&c->error, &file);
}
