// Keys and single values, as tables of accepted and refused texts.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shared/domain/text.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::domain {
namespace {

TEST(Cpf, AcceptsPublishedNumbersWithAndWithoutPunctuation) {
  const std::pair<const char*, const char*> rows[] = {
      {"111.444.777-35", "11144477735"},     {"11144477735", "11144477735"},
      {"529.982.247-25", "52998224725"},     {" 529 982 247 25 ", "52998224725"},
      {"000.000.001-91", "00000000191"},     {"935.411.347-80", "93541134780"},
      {"\t123.456.789-09\n", "12345678909"},
  };
  for (const auto& [text, digits] : rows) {
    const auto key = normalise_cpf(text);
    ASSERT_TRUE(key) << text;
    EXPECT_EQ(*key, digits);
  }
}

TEST(Cpf, RefusesEverythingElse) {
  std::vector<std::string> texts{"",
                                 " ",
                                 "1114447773",
                                 "111444777350",
                                 "11144477734",  // second check digit
                                 "11144477745",  // first check digit
                                 "11144477753",  // swapped
                                 "1114447773a",
                                 "111/444/777/35",
                                 "١١١٤٤٤٧٧٧٣٥",  // digits, but not ASCII ones
                                 "52998224725#1",
                                 std::string("1114447773\0", 11)};
  for (char d = '0'; d <= '9'; ++d) texts.emplace_back(11, d);
  for (const auto& text : texts) {
    const auto key = normalise_cpf(text);
    ASSERT_FALSE(key) << text;
    EXPECT_EQ(key.error().code, errc::invalid_key);
    EXPECT_EQ(key.error().field, "cpf");
  }
  EXPECT_EQ(normalise_cpf("123").error().limit, 11);
}

TEST(Cpf, EverySingleWrongDigitIsFound) {
  const std::string good = "52998224725";
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (char d = '0'; d <= '9'; ++d) {
      auto text = good;
      text[i] = d;
      EXPECT_EQ(normalise_cpf(text).has_value(), text == good) << text;
    }
  }
}

TEST(Cnes, SevenDigitsNotOneRepeated) {
  EXPECT_EQ(normalise_cnes("2077485").value(), "2077485");
  EXPECT_EQ(normalise_cnes("207.748-5").value(), "2077485");
  EXPECT_EQ(normalise_cnes(" 0000001 ").value(), "0000001");
  for (const char* text :
       {"", "207748", "20774855", "207748x", "0000000", "7777777", "2077485#3"}) {
    const auto key = normalise_cnes(text);
    ASSERT_FALSE(key) << text;
    EXPECT_EQ(key.error().code, errc::invalid_key);
    EXPECT_EQ(key.error().field, "cnes");
  }
}

TEST(Key, FollowsTheKind) {
  EXPECT_EQ(normalise_key("patient", "111.444.777-35").value(), "11144477735");
  EXPECT_EQ(normalise_key("clinic", "2077485").value(), "2077485");
  EXPECT_EQ(normalise_key("clinic", "11144477735").error().code, errc::invalid_key);
  EXPECT_EQ(normalise_key("protocol", "2077485").error().code, errc::not_found);
}

TEST(Key, LookupTakesImportedKeysAsTheyAre) {
  EXPECT_EQ(lookup_key("patient", "111.444.777-35").value(), "11144477735");
  EXPECT_EQ(lookup_key("patient", "12345678900#57").value(), "12345678900#57");
  EXPECT_EQ(lookup_key("patient", " #60 ").value(), "#60");
  EXPECT_EQ(lookup_key("clinic", "0000000#4").value(), "0000000#4");
  for (const char* text : {"#", "12a#5", "123#", "123#x", "1#2#3", "12345678900"}) {
    EXPECT_EQ(lookup_key("patient", text).error().code, errc::invalid_key) << text;
  }
  EXPECT_FALSE(lookup_key("patient", std::string(63, '1') + "#1"));
  EXPECT_EQ(lookup_key("protocol", "#60").error().code, errc::not_found);
  EXPECT_EQ(normalise_key("patient", "12345678900#57").error().code, errc::invalid_key);
}

using check = bool (*)(std::string_view);

void expect_all(check valid, bool expected, const std::vector<std::string>& texts) {
  for (const auto& text : texts) EXPECT_EQ(valid(text), expected) << '"' << text << '"';
}

TEST(Cns, DefinitiveAndProvisionalNumbers) {
  expect_all(valid_cns, true,
             {"700000000000005", "898000000043208", "123456789010000", "234567890120004",
              "800000000000001", "900000000000008"});
  expect_all(valid_cns, false,
             {"", "70000000000000", "7000000000000050", "700000000000006", "300000000000000",
              "000000000000000", "7000 0000 0000 005", "70000000000000x", "898000000043280"});
}

TEST(Cep, EightDigitsAndOneOptionalHyphen) {
  expect_all(valid_cep, true, {"01310-100", "01310100", "00000000"});
  expect_all(valid_cep, false,
             {"", "0131010", "013101000", "01310--100", "0131-0100", "01.310-100", "01310 100",
              "01000000X", "01310-1000", "-01310100", "01310100-"});
}

TEST(Phone, TenOrElevenDigitsAndUsualPunctuation) {
  expect_all(valid_phone, true,
             {"1133334444", "11933334444", "(11) 3333-4444", "(11) 9 8888-7777", "11.3333.4444"});
  expect_all(valid_phone, false,
             {"", "113333444", "119333344445", "+55 11 9 8888-7777", "recado c/ vizinha",
              "11 3333-4444 r", "(11) 3333_4444"});
}

TEST(Email, AnAddress) {
  const std::string local64(64, 'a');
  const std::string label63(63, 'b');
  const std::string start = local64 + "@" + label63 + "." + label63 + ".";
  const std::string at_limit = start + std::string(58, 'c') + ".br";
  ASSERT_EQ(at_limit.size(), 254U);
  expect_all(valid_email, true,
             {"a@b.br", "joao.silva+lme@exemplo.com.br", "o'neil@exemplo.test", "A_1@x-y.org",
              at_limit, local64 + "@b.br"});
  expect_all(valid_email, false,
             {"",
              "a",
              "@b.br",
              "a@",
              "a@b",
              "a@b.",
              "a@.br",
              "a@b..br",
              "a..b@c.br",
              ".a@b.br",
              "a.@b.br",
              "a b@c.br",
              "a@b c.br",
              "a@b@c.br",
              "a@-b.br",
              "a@b-.br",
              "a,b@c.br",
              "joão@exemplo.br",
              "a@127.0.0.1",
              local64 + "a@b.br",
              "a@" + label63 + "b.br",
              start + std::string(59, 'c') + ".br",
              "a@b.br\n",
              "<a@b.br>"});
}

TEST(Weight, HalfAKiloTo500) {
  expect_all(valid_weight, true,
             {"0,5", "0.5", "500", "500,0", "70", "70,5", "70.500", "70kg", "70 kg", " 70 KG ",
              "3,25 quilos", "1 quilo", "80kgs"});
  expect_all(valid_weight, false,
             {"", "0,49", "0", "500,1", "501", "-5", "+70", "70,", ",5", "7 0", "70,5,1", "70g",
              "70 lb", "setenta", "1e2", "70,5000", "00070", "NaN", "0x10"});
}

TEST(Height, TwentyTo260Centimetres) {
  expect_all(
      valid_height, true,
      {"20", "260", "170", "170,5", "170 cm", "170CM", "1,70m", "1.70 m", "2,6m", "0,2 M", "1m"});
  expect_all(valid_height, false,
             {"", "19,9", "260,1", "1,70", "1.75", "9999", "2,61m", "0,19m", "170m", "um metro",
              "1,70 mm", "-170", "1m70"});
}

TEST(ControlPoints, AreFoundWhereverTheyStand) {
  for (const char* bad :
       {"\x01", "a\n", "\x7F", "\u0085", "a\u009Bb", "\u200Ba", "a\u200D", "\u200E", "\u202E",
        "\u2066x", "\u2028", "\u2029", "\u00AD", "\uFEFF", "a\xFF"}) {
    EXPECT_TRUE(has_control_points(bad)) << bad;
  }
  for (const char* good :
       {"", "Ana's home", "consultório 2", "診察室", "☎", "e\u0301", "a\u00A0b"}) {
    EXPECT_FALSE(has_control_points(good)) << good;
  }
}

TEST(DeviceName, IsVisibleAndShort) {
  for (const char* good : {"x", "Ana's home", "consultório 2", "診察室"}) {
    EXPECT_TRUE(check_device_name(good)) << good;
  }
  EXPECT_TRUE(check_device_name(std::string(100, 'x')));
  for (const std::string& bad :
       {std::string(), std::string(" "), std::string("\u00A0"), std::string(101, 'x'),
        std::string("a\x1B[31m"), std::string("a\u009B31m"), std::string("lap\u202Epot"),
        std::string("a\xFF"), std::string("a\0b", 3), std::string(" a"), std::string("a  b"),
        std::string("a\u00A0b"), std::string("a\u200Db"), std::string("Joa\u0303o"),
        std::string("a\uFE0F"), std::string("a\U000E0100"), std::string("a\u3164")}) {
    const auto checked = check_device_name(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().code, errc::invalid_field);
    EXPECT_EQ(checked.error().field, "device_name");
    EXPECT_EQ(checked.error().limit, 100);
  }
}

}  // namespace
}  // namespace autocusto::domain
