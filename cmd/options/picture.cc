#include "cmd/options/picture.h"

#include <langinfo.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <string_view>

namespace tcpkit::cmd {
namespace {

diagram::Charset charset_of_locale() {
  // Asks for the environment's without making it the program's.
  const locale_t locale = ::newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) return diagram::Charset::ascii;
  const bool utf8 = std::string_view(::nl_langinfo_l(CODESET, locale)) == "UTF-8";
  ::freelocale(locale);
  return utf8 ? diagram::Charset::unicode : diagram::Charset::ascii;
}

}  // namespace

void declare_diagram(Group& group, std::optional<diagram::Form>& form) {
  group
      .choice<std::optional<diagram::Form>>("--diagram", form,
                                            {{"ladder", diagram::Form::ladder},
                                             {"mermaid", diagram::Form::mermaid},
                                             {"svg", diagram::Form::svg}},
                                            "Draw the connections (diagram: ladder)")
      .with({Trait::asks_for_trace, Trait::draws});
}

void declare_time(Group& group, trace::TimeView& time) {
  group
      .choice<trace::TimeView>("--time", time,
                               {{"relative", trace::TimeView::relative},
                                {"delta", trace::TimeView::delta},
                                {"wall", trace::TimeView::wall},
                                {"none", trace::TimeView::none}},
                               "Select the times of the human trace and of diagrams (relative)")
      .with({Trait::about_trace, Trait::asks_for_trace, Trait::draws});
}

void declare_colour(Group& group, Colour& colour) {
  group
      .choice<Colour>(
          "--color", colour,
          {{"auto", Colour::automatic}, {"always", Colour::always}, {"never", Colour::never}},
          "Colour the human trace and the ladder (auto: on a terminal, unless NO_COLOR is set)")
      .with({Trait::draws});
}

bool wants_colour(Colour colour, int fd) {
  if (colour != Colour::automatic) return colour == Colour::always;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  return ::isatty(fd) == 1 && !dumb && (no_colour == nullptr || *no_colour == '\0');
}

diagram::LadderStyle ladder_style(trace::TimeView time, Colour colour, int fd) {
  return {charset_of_locale(), time, wants_colour(colour, fd)};
}

}  // namespace tcpkit::cmd
