// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors
//
// A client made with Phoenix' own library, which keeps a record of what it has open.
import { Socket } from "phoenix";
import WebSocket from "ws";

const NEVER_MS = 3600000;

const CHANNEL_TYPES = {
  user: ["user_channel", "user_id"],
  lobby: ["lobby_channel", "lobby_id"],
  lobbies: ["lobbies_channel"],
  group: ["group_channel", "group_id"],
  groups: ["groups_channel"],
  party: ["party_channel", "party_id"],
};

// What the server is to register for a topic.
function entryOf(topic, user, payload) {
  const [, kind, id] = /^([a-z]+):?(.*)$/.exec(topic);
  if (kind === "lv") return { type: "live_view", metadata: { page: id, user_id: user } };
  const [type, idName] = CHANNEL_TYPES[kind];
  const metadata = { user_id: user };
  if (idName) metadata[idName] = Number(id);
  if (kind === "lobby") metadata.role = payload.role ?? "member";
  return { type, metadata };
}

function answer(push) {
  return new Promise((resolve, reject) => {
    push
      .receive("ok", resolve)
      .receive("error", (response) => reject(new Error(response.reason)))
      .receive("timeout", () => reject(new Error("no answer")));
  });
}

export class Player {
  constructor(url, user) {
    this.user = user;
    this.open = new Map(); // topic -> payload of the join
    this.channels = new Map();
    this.peer = false;
    this.connected = false;
    this.heard = []; // users who went offline
    this.socket = new Socket(url, {
      transport: WebSocket,
      params: { user_id: user },
      reconnectAfterMs: () => NEVER_MS,
      rejoinAfterMs: () => NEVER_MS,
    });
    this.socket.onClose(() => this.forget());
  }

  // The connection is gone. It stays so: a test that wants the player back makes another.
  forget() {
    this.connected = false;
    this.peer = false;
    this.open.clear();
    this.socket.disconnect();
  }

  connect() {
    return new Promise((resolve, reject) => {
      this.socket.onError((error) => reject(new Error(error.message)));
      this.socket.onOpen(() => {
        this.connected = true;
        resolve(this);
      });
      this.socket.connect();
    });
  }

  async join(topic, payload = {}) {
    const channel = this.socket.channel(topic, payload);
    channel.on("user_offline", ({ user_id }) => this.heard.push(user_id));
    try {
      await answer(channel.join());
    } catch (error) {
      channel.leave();
      throw error;
    }
    this.channels.set(topic, channel);
    this.open.set(topic, payload);
    return channel;
  }

  async leave(topic) {
    await answer(this.channels.get(topic).leave());
    this.open.delete(topic);
    if (topic.startsWith("user:")) this.peer = false;
  }

  async push(topic, event) {
    const response = await answer(this.channels.get(topic).push(event, {}));
    if (event.startsWith("webrtc:")) this.peer = event === "webrtc:offer";
    return response;
  }

  close() {
    return new Promise((resolve) => this.socket.disconnect(resolve));
  }

  // The cable is cut: no close, no FIN, and no answer to any ping.
  vanish() {
    this.socket.conn._socket.pause();
  }

  // End a vanished one here, where nobody hears of it.
  destroy() {
    this.socket.conn.terminate();
  }

  // What is to be in the tracker because of this player.
  entries() {
    if (!this.connected) return [];
    const { user } = this;
    const socket = { user_id: user, authenticated: true, addr: "127.0.0.1" };
    return [
      { type: "ws_socket", metadata: socket },
      ...[...this.open].map(([topic, payload]) => entryOf(topic, user, payload)),
      ...(this.peer ? [{ type: "webrtc_peer", metadata: { user_id: user } }] : []),
    ];
  }
}
