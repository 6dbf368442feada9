#include "viewer/session/fuzzy_match.hpp"

#include <gtest/gtest.h>

namespace firstlight::viewer {
namespace {

TEST(FuzzyMatch, finds_letters_in_their_order) {
    EXPECT_TRUE(fuzzy_match("tgop", "time_gate.open_ps"));
    EXPECT_TRUE(fuzzy_match("SAVE res", "Save result…"));
    EXPECT_TRUE(fuzzy_match("", "anything"));
    EXPECT_FALSE(fuzzy_match("ba", "ab"));
    EXPECT_FALSE(fuzzy_match("abc", ""));
    EXPECT_FALSE(fuzzy_match("saves", "Save"));
}

TEST(FuzzyMatch, prefers_beginnings_of_words_runs_and_short_texts) {
    EXPECT_GT(*fuzzy_match("un", "Undo"), *fuzzy_match("un", "Run again"));
    EXPECT_GT(*fuzzy_match("sr", "Save result"), *fuzzy_match("sr", "Use reference"));
    EXPECT_GT(*fuzzy_match("open", "Open…"), *fuzzy_match("open", "time_gate.open_ps"));
    EXPECT_GT(*fuzzy_match("gate", "time_gate"), *fuzzy_match("gate", "go at the end"));
}

}  // namespace
}  // namespace firstlight::viewer
