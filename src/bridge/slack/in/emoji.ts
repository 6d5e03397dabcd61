/** Emoji by Slack's short names and back: the common ones. A workspace's own have no character and stay `:name:`. Source: docs.slack.dev/messaging/formatting-message-text (emoji) */

/** Names of one character beside each other; the first is Slack's own. */
const TABLE = `
😀 grinning|😃 smiley|😄 smile|😁 grin|😆 laughing satisfied|😅 sweat_smile|🤣 rolling_on_the_floor_laughing rofl|😂 joy|🙂 slightly_smiling_face|🙃 upside_down_face|😉 wink|😊 blush|😇 innocent
🥰 smiling_face_with_3_hearts|😍 heart_eyes|🤩 star-struck|😘 kissing_heart|😋 yum|😛 stuck_out_tongue|😜 stuck_out_tongue_winking_eye|🤪 zany_face|🤗 hugging_face hugs|🤭 face_with_hand_over_mouth|🤫 shushing_face|🤔 thinking_face thinking
🤐 zipper_mouth_face|🤨 face_with_raised_eyebrow|😐 neutral_face|😑 expressionless|😶 no_mouth|😏 smirk|😒 unamused|🙄 face_with_rolling_eyes|😬 grimacing|😌 relieved|😔 pensive|😪 sleepy|😴 sleeping|😷 mask
🤒 face_with_thermometer|🤕 face_with_head_bandage|🤢 nauseated_face|🤮 face_vomiting|🤧 sneezing_face|🥵 hot_face|🥶 cold_face|😵 dizzy_face|🤯 exploding_head|🤠 face_with_cowboy_hat|🥳 partying_face|😎 sunglasses|🤓 nerd_face|🧐 face_with_monocle
😕 confused|😟 worried|🙁 slightly_frowning_face|☹️ white_frowning_face|😮 open_mouth|😯 hushed|😲 astonished|😳 flushed|🥺 pleading_face|😦 frowning|😧 anguished|😨 fearful|😰 cold_sweat|😥 disappointed_relieved|😢 cry|😭 sob|😱 scream
😖 confounded|😣 persevere|😞 disappointed|😓 sweat|😩 weary|😫 tired_face|🥱 yawning_face|😤 triumph|😡 rage|😠 angry|🤬 face_with_symbols_on_mouth|😈 smiling_imp|💀 skull|💩 hankey poop shit|🤡 clown_face|👻 ghost|👽 alien|🤖 robot_face
🙈 see_no_evil|🙉 hear_no_evil|🙊 speak_no_evil|💋 kiss|💌 love_letter|💘 cupid|💝 gift_heart|💖 sparkling_heart|💗 heartpulse|💕 two_hearts|💔 broken_heart|❤️ heart|🧡 orange_heart|💛 yellow_heart|💚 green_heart|💙 blue_heart|💜 purple_heart|🖤 black_heart|🤍 white_heart
💯 100|💢 anger|💥 boom collision|💫 dizzy|💦 sweat_drops|💨 dash|💬 speech_balloon|💭 thought_balloon|💤 zzz|👋 wave|🤚 raised_back_of_hand|✋ hand raised_hand|🖖 spock-hand|👌 ok_hand|🤏 pinching_hand|✌️ v|🤞 crossed_fingers|🤟 i_love_you_hand_sign|🤘 the_horns|🤙 call_me_hand
👈 point_left|👉 point_right|👆 point_up_2|👇 point_down|☝️ point_up|👍 +1 thumbsup|👎 -1 thumbsdown|✊ fist|👊 facepunch punch|👏 clap|🙌 raised_hands|👐 open_hands|🤲 palms_up_together|🤝 handshake|🙏 pray|✍️ writing_hand|💪 muscle|🧠 brain|👀 eyes|👁️ eye|👄 lips
👶 baby|🧑 adult|👨 man|👩 woman|🙅 no_good|🙆 ok_woman|💁 information_desk_person|🙋 raising_hand|🙇 bow|🤦 face_palm|🤷 shrug|👮 cop|👷 construction_worker|💂 guardsman|🧑‍💻 technologist|🚶 walking|🏃 runner running|💃 dancer|👫 couple|👪 family|👣 footprints
🐶 dog|🐱 cat|🐭 mouse|🐰 rabbit|🦊 fox_face|🐻 bear|🐼 panda_face|🐨 koala|🦁 lion_face|🐮 cow|🐷 pig|🐸 frog|🐵 monkey_face|🐔 chicken|🐧 penguin|🐦 bird|🦉 owl|🐺 wolf|🐴 horse|🦄 unicorn_face|🐝 bee honeybee|🐛 bug|🦋 butterfly|🐌 snail|🐢 turtle|🐍 snake|🐙 octopus|🐳 whale|🐬 dolphin|🦀 crab
🌱 seedling|🌲 evergreen_tree|🌴 palm_tree|🌵 cactus|🍀 four_leaf_clover|🍁 maple_leaf|🌹 rose|🌸 cherry_blossom|🌻 sunflower|💐 bouquet|🍎 apple|🍌 banana|🍇 grapes|🍓 strawberry|🍑 peach|🍅 tomato|🥑 avocado|🌶️ hot_pepper|🍞 bread|🧀 cheese_wedge|🍔 hamburger|🍟 fries|🍕 pizza|🌮 taco|🍣 sushi|🍪 cookie|🎂 birthday|🍰 cake|🍫 chocolate_bar|🍿 popcorn
☕ coffee|🍵 tea|🍺 beer|🍻 beers|🍷 wine_glass|🥂 clinking_glasses|🍾 champagne|🌍 earth_africa|🌎 earth_americas|🌏 earth_asia|🏠 house|🏢 office|🏥 hospital|🏦 bank|🏭 factory|🚗 car red_car|🚕 taxi|🚌 bus|🚑 ambulance|🚒 fire_engine|🚚 truck|🚲 bike|✈️ airplane|🚀 rocket|🚁 helicopter|⛵ boat sailboat|⚓ anchor|🚧 construction|🚦 vertical_traffic_light|🚨 rotating_light
⌛ hourglass|⏳ hourglass_flowing_sand|⌚ watch|⏰ alarm_clock|⏱️ stopwatch|🕐 clock1|🌙 crescent_moon|☀️ sunny|⛅ partly_sunny|☁️ cloud|🌧️ rain_cloud|⚡ zap|❄️ snowflake|⛄ snowman_without_snow|🔥 fire|💧 droplet|🌊 ocean|🌈 rainbow|⭐ star|🌟 star2|✨ sparkles|🎈 balloon|🎉 tada|🎊 confetti_ball|🎁 gift|🏆 trophy|🥇 first_place_medal|🏅 sports_medal|⚽ soccer|🏀 basketball|🎯 dart|🎮 video_game|🎲 game_die|🎨 art|🎵 musical_note|🎶 notes|🎤 microphone|🎧 headphones|🎸 guitar|🎬 clapper
👑 crown|👓 eyeglasses|👕 shirt|👟 athletic_shoe|👜 handbag|💼 briefcase|🎓 mortar_board|💍 ring|💎 gem|🔔 bell|🔕 no_bell|📢 loudspeaker|📣 mega|📱 iphone|📞 telephone_receiver|☎️ phone telephone|📠 fax|🔋 battery|🔌 electric_plug|💻 computer|🖥️ desktop_computer|🖨️ printer|⌨️ keyboard|💾 floppy_disk|💿 cd|📷 camera|📹 video_camera|📺 tv|🔍 mag|🔎 mag_right|💡 bulb|🔦 flashlight
📖 book open_book|📚 books|📓 notebook|📒 ledger|📄 page_facing_up|📃 page_with_curl|📰 newspaper|🔖 bookmark|🏷️ label|💰 moneybag|💵 dollar|💶 euro|💳 credit_card|🧾 receipt|✉️ email envelope|📧 e-mail|📨 incoming_envelope|📩 envelope_with_arrow|📤 outbox_tray|📥 inbox_tray|📦 package|📫 mailbox|📬 mailbox_with_mail|📮 postbox|✏️ pencil2|📝 memo pencil|📁 file_folder|📂 open_file_folder|📅 date|📆 calendar|📈 chart_with_upwards_trend|📉 chart_with_downwards_trend|📊 bar_chart|📋 clipboard|📌 pushpin|📍 round_pushpin|📎 paperclip|🔗 link|✂️ scissors|🗑️ wastebasket
🔒 lock|🔓 unlock|🔐 closed_lock_with_key|🔑 key|🔨 hammer|🔧 wrench|⚙️ gear|⚖️ scales|🧪 test_tube|💉 syringe|💊 pill|🚪 door|🚽 toilet|🛒 shopping_trolley|🧹 broom|⚠️ warning|🚫 no_entry_sign|⛔ no_entry|❌ x|⭕ o|✅ white_check_mark|☑️ ballot_box_with_check|✔️ heavy_check_mark|❎ negative_squared_cross_mark|➕ heavy_plus_sign|➖ heavy_minus_sign|✖️ heavy_multiplication_x|❓ question|❔ grey_question|❗ exclamation heavy_exclamation_mark|❕ grey_exclamation|‼️ bangbang|⁉️ interrobang|💲 heavy_dollar_sign|♻️ recycle|🆘 sos|🆕 new|🆗 ok|🆙 up|🆒 cool|🆓 free|ℹ️ information_source
⬆️ arrow_up|⬇️ arrow_down|⬅️ arrow_left|➡️ arrow_right|↗️ arrow_upper_right|↘️ arrow_lower_right|↩️ leftwards_arrow_with_hook|↪️ arrow_right_hook|🔄 arrows_counterclockwise|🔁 repeat|🔜 soon|🔙 back|🔝 top|▶️ arrow_forward|⏸️ double_vertical_bar|⏩ fast_forward|🔴 red_circle|🟠 large_orange_circle|🟡 large_yellow_circle|🟢 large_green_circle|🔵 large_blue_circle|⚪ white_circle|⚫ black_circle|🔶 large_orange_diamond|🔷 large_blue_diamond|🏁 checkered_flag|🚩 triangular_flag_on_post|🏳️ waving_white_flag|0️⃣ zero|1️⃣ one|2️⃣ two|3️⃣ three|4️⃣ four|5️⃣ five|6️⃣ six|7️⃣ seven|8️⃣ eight|9️⃣ nine|🔟 keycap_ten|#️⃣ hash|©️ copyright|®️ registered|™️ tm`;

const byName = new Map<string, string>();
const byEmoji = new Map<string, string>();
const bare = (emoji: string): string => emoji.replaceAll("\uFE0F", "");
for (const entry of TABLE.trim().split(/[\n|]/)) {
  const [emoji = "", ...names] = entry.split(" ");
  for (const name of names) byName.set(name, emoji);
  byEmoji.set(bare(emoji), names[0]!);
}

/** "skin-tone-2" is the lightest of five. */
const tone = (name: string | undefined): string => { const at = /^skin-tone-([2-6])$/.exec(name ?? "")?.[1]; return at === undefined ? "" : String.fromCodePoint(0x1f3fb + Number(at) - 2); };

/** The character of "thumbsup" or "wave::skin-tone-3"; null for what has none here. */
export function emojiOf(name: string): string | null {
  const [first = "", second] = name.split("::");
  const emoji = byName.get(first);
  return emoji === undefined ? null : second === undefined ? emoji : bare(emoji) + tone(second);
}
/** As a person sees it: the character, else `:name:`. */
export const shownEmoji = (name: string): string => emojiOf(name) ?? `:${name}:`;
/** Slack's name of a character, skin tone included; null for what has none here. */
export function nameOfEmoji(emoji: string): string | null {
  const plain = bare(emoji);
  const toned = /[\u{1F3FB}-\u{1F3FF}]/u.exec(plain)?.[0];
  const name = byEmoji.get(toned === undefined ? plain : plain.replace(toned, ""));
  return name === undefined ? null : toned === undefined ? name : `${name}::skin-tone-${toned.codePointAt(0)! - 0x1f3fb + 2}`;
}

const SHORT_NAME = /(?<!\d):([a-z0-9_+'-]+)(?:::?(skin-tone-[2-6]))?:(?!\d)/g;
/** `:wave:` → 👋; times like 10:30:15 and unknown names stay. */
export const withEmoji = (text: string): string => text.replace(SHORT_NAME, (written, name: string, skin: string | undefined) => emojiOf(skin === undefined ? name : `${name}::${skin}`) ?? written);
