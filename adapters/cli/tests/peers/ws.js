// The ws module, wherever npm puts what is installed for all.
const { execSync } = require("node:child_process");
module.exports = require(execSync("npm root --global").toString().trim() + "/ws");
