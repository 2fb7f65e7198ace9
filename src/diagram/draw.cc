#include "diagram/draw.h"

#include "diagram/layout.h"
#include "diagram/mermaid.h"
#include "diagram/svg.h"

namespace tcpkit::diagram {

std::string draw(Collection& collection, Form form, LadderStyle style) {
  const Picture picture = lay_out(collection);
  switch (form) {
    case Form::ladder:
      break;
    case Form::mermaid:
      return draw_mermaid(picture, style.times);
    case Form::svg:
      return draw_svg(picture, style.times);
  }
  return draw_ladder(picture, style);
}

}  // namespace tcpkit::diagram
